"""Answer questions, keep facts, and get to know a project."""
