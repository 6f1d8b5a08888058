"""Figures: counts without personal data, gathered in memory and added to SQL."""
