"""The statement of the model: pure scalar functions of floats, ``math`` only.

A rule has no clock, no state and no draw; a random number is an argument ``u`` in (0, 1). Only functions that give the
same bits in CPython and in compiled code are used (exp, log, log1p, expm1, pow, tanh, erf, sqrt); powers of small
integers are written as products.
"""
