"""What is said about a thing, as cards: pure functions of records. ``bot.render`` marks them up.

**Invariant:** a card for a public repository never quotes a private report."""
