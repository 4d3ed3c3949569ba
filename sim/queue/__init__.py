"""The bare contact centre: the centre of the whole model, fed by a stream of arrivals, not by people.

>>> from sim.queue import queue
>>> result = queue(agents=4, calls_per_hour=30, handling="exponential mean 6 min", hours=10, replications=2)
>>> list(result.to_frame().columns)
['measure', 'mean', 'ci_low', 'ci_high', 'se', 'theory']
>>> result.theory.name
'Erlang C'
"""

from sim.queue.arguments import QueueError
from sim.queue.centre import Centre, ContactClass
from sim.queue.description import examples
from sim.queue.distributions import Distribution, distribution
from sim.queue.figures import FIGURES
from sim.queue.result import QueueResult, Staffing
from sim.queue.study import queue

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
