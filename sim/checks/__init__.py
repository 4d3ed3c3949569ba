"""Does it hold? The audit, the comparison of engines, probes, and what carries each claim."""
