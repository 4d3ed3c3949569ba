"""What one may say: parameters, evidence, policies, scenarios, and what is uncertain about them."""
