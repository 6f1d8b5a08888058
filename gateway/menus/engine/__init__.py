"""Run a menu as a pure function: session and input in, session and effects out; no clock, no I/O, no random numbers."""
