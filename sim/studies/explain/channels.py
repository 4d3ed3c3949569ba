"""The channels that a policy may work through, and what they are called."""

from sim.model import columns

PREFIX = "channel_"
CHANNELS: tuple[str, ...] = tuple(
    name.removeprefix(PREFIX) for name in columns.NAMES[columns.CHANNEL_WAIT : columns.CHANNEL_STAFF + 1]
)
"""Channels that a policy may work through, in the order of the parameter file."""
DIRECT, TOTAL = "direct", "total"
LABELS = {
    DIRECT: "Direct (costs, prices, work)",
    "wait": "Waits",
    "quality": "Quality of service",
    "promises": "Promises",
    "recovery": "Recovery",
    "issues": "Issues",
    "word_of_mouth": "Word of mouth",
    "staff": "Staff",
    TOTAL: "All together",
}
"""Channels in a planner's words."""
