"""The helpline gateway: how a migrant with the cheapest phone reaches a person who can help."""

__version__ = "0.1.0"
