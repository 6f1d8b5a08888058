"""Menus: the engine that walks them, the keywords that texts hold, and the check of what authors write."""
