"""What Soulcaster remembers, in Redis; ``keys.py`` is the whole schema.

**Invariant:** every write is harmless when repeated, because a client that lost its answer
will send it again."""
