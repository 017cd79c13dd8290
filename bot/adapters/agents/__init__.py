"""Coding agents behind the ``Agent`` port: each edits a checkout in a sandbox."""
