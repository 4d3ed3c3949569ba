"""The bare contact centre: the whole model's contact centre, fed by a stream of calls rather than by customers.

>>> from sim.contact_centre import queue
>>> result = queue(agents=4, calls_per_hour=30, handling="exponential mean 6 min", hours=10, replications=2)
>>> list(result.to_frame().columns)
['measure', 'mean', 'ci_low', 'ci_high', 'se', 'n', 'theory', 'confidence']
>>> result.theory.name
'Erlang C'
"""

from sim.contact_centre.arguments import QueueError
from sim.contact_centre.centre import Centre, ContactClass
from sim.contact_centre.description import examples
from sim.contact_centre.distributions import Distribution, distribution
from sim.contact_centre.figures import FIGURES
from sim.contact_centre.result import QueueResult, Staffing
from sim.contact_centre.study import queue

__all__ = [
    "FIGURES",
    "Centre",
    "ContactClass",
    "Distribution",
    "QueueError",
    "QueueResult",
    "Staffing",
    "distribution",
    "examples",
    "queue",
]
