"""Alerts to the people on duty, and their answers by link and by text."""
