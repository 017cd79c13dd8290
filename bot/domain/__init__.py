"""Pure domain: values in, values out.

**Invariant:** no await, no clock, no randomness, no vendor. Time and ids are arguments."""
