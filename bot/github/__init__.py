"""GitHub as the app sees it, on gidgethub.

**Invariant:** a token goes to the configured API host and nowhere else; paths are built here,
never taken from a payload."""
