"""Where untrusted code runs: E2B's machines, or namespaces on this one.

**Invariant:** a sandbox holds nothing worth stealing, and nothing in here passes the environment
of this process on. What a sandbox wrote is untrusted: no link in it is ever followed here."""
