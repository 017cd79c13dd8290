"""What is said and pressed in Slack."""
