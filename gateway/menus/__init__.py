"""Menus: the engine that runs them, keyword matching for SMS, and the checks of the files that authors write."""
