"""The compiled engine: the very rules and steps of the readable one, compiled by Numba, and loops of its own.

Why two engines. The readable one is the statement of what happens, in SimPy: to read, to step through, to extend.
This one is for planners who wait: the same functions as machine code, timers in a tree and a heap, lines and seats as
linked lists in arrays (sim/engines/floor.py), and an event loop (sim/engines/loops.py). Neither states a rule: both
call sim/model/steps. That they tell the same history, bit for bit, is tested by digest on every policy and on random
scenarios.
"""

from sim.engines.compiled.runs import BareRun, CompanyRun

__all__ = ["BareRun", "CompanyRun"]
