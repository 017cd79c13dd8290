"""One file an adapter; the only room that imports the SDK behind a port.

**Invariant:** adapters get constructor arguments, never settings, and never import each other.
``choose.py`` is the roster."""
