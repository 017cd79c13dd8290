"""The triage digest, in Slack and in the tracking issue."""
