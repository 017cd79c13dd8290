"""The one grammar: a line to a command, and back. Pure; the verbs come as a roster."""
