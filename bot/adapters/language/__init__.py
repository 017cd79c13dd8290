"""Language models. **Invariant:** what comes out is a validated record, never free text."""
