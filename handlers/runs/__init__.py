"""``/runs``: a fix run as it goes, in a browser and in the shell, for who may read its log."""
