"""Reads the operator's settings; the only package that reads environment variables."""
