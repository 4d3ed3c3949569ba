"""What must hold, by kind."""
