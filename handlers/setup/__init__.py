"""``/setup``: from an empty machine to a connected installation, in a browser."""
