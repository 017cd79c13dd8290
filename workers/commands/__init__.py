"""Commands: one file a verb, and ``obey``, which every command ends in."""
