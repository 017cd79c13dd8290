"""What a human does on github.com, as JSON under ``/_sim/``: for the demo's page and the tests.

Every request that changes something names who does it (``login``), and GitHub's rules of who may
apply.
"""
