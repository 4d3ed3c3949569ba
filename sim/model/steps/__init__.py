"""What an event does to the state: plain functions over the state, the parameter table, an entity and the time.

``step(state, params, entity, now) -> (next event, delay)``. Both engines call the very same function objects; a step
allocates nothing, calls rules for what happens and ``draws.uniform`` for chance, and keeps the board.
"""
