"""Run a caller's turn: load the session, apply the input, commit the effects, render the reply, save."""
