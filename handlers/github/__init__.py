"""GitHub's door."""
