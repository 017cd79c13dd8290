"""Embedders: Gemini, a local MiniLM on onnxruntime, and the stateless hashing floor.

**Invariant:** none of them falls back to another. A caller who asked for one and cannot have it
gets a ConfigError or Unavailable that says so."""
