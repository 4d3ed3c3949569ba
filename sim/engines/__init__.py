"""Two engines, one model: the readable one is SimPy; a compiled one calls the very same steps.

``run_state(resolved, replication)`` runs a company and returns its final state, parameters of the last phase and log.
"""
