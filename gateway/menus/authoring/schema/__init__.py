"""What may stand in a menu's files, and how it becomes a Menu: one table of shapes for checking and for editors."""
