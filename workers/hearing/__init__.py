"""A stored delivery is taken to whoever listens: GitHub's events, Slack's, alerts."""
