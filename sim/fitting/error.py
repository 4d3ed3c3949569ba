"""What cannot be fitted, and why."""

from sim.refusal import InputError


class FitError(InputError):
    """Records from which nothing can be fitted: the message says what is wrong, where, and how to put it right."""
