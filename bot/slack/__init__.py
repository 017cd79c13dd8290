"""Slack as the app sees it, on slack_sdk."""
