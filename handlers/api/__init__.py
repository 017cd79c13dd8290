"""``/api/v1``: what a project's tokens read and say. A write is a sentence of the grammar."""
