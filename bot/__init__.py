"""What Soulcaster knows: the shared kernel.

**Invariant:** nothing in here imports ``workers`` or ``handlers``; inside, the folders never
import the roof files (``settings``, ``context``, ``jobs``, ``say``). import-linter holds both.
"""
