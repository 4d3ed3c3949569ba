"""Doing many runs: experiments, the runner, workers, precision, cost, the store and the cluster."""
