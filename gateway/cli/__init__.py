"""The command line: one file a group of commands; a command reads, permits, calls a use case and prints."""
