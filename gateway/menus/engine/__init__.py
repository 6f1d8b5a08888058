"""The pure core that walks a caller through a menu: same in, same out, no clock, no I/O, no chance."""
