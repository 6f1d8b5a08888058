"""What administrators do with menus: publish, go back, see what differs."""
