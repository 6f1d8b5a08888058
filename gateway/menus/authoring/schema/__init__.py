"""The grammar of menu files: one table of shapes for checks and editors, and the builder of the menu."""
