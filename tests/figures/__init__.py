"""The figures of the README and the manual: saved results, templates, and what writes one into the other.

``saved/`` holds the results as CSV, each with a manifest (command, seed, digest of the model), and ``earlier.toml``
those of runs that were made with an earlier model or take too long to repeat. ``templates/`` holds each block of a page
that states figures, with fields where they stand. ``python -m tests.figures`` writes the pages from both.
"""
