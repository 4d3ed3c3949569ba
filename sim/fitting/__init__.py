"""From the records that a company already has to the numbers of the model, with intervals, and what was left out.

A file is read and cleaned into one table of known columns (`sim.fitting.clean`); each kind of record has a module that
turns such a table into estimates (`sim.fitting.part`). Only aggregates leave the table: no outputs name anybody.
"""
