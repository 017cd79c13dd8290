"""The engine room of the Acme online shop. Amounts are whole cents."""

__version__ = "1.6.0"
