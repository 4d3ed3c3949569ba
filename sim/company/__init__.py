"""A company of your own: its numbers, calibration, fitting, overlay, records."""
