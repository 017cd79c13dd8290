"""Answer questions, and keep what is to be remembered."""
