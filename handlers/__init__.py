"""What Soulcaster hears: HTTP, comments, Slack, the shell.

**Invariant:** nothing in here works for long; whatever takes time is left to a job."""
