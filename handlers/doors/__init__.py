"""What stands before every door: little is spent on whom we do not know.

**Invariant:** until a sender is proven it costs no more than one connection of many, one look-up
bytes of one budget and a count for a wrong secret, and each of them gives way to others."""
