"""The timed comparisons of `make bench`."""
