"""Plans, fix runs and their later versions; one file a step below ``steps``."""
