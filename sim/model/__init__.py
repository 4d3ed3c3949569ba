"""The model: rules, steps, draws, state, and the columns of its parameter table."""
