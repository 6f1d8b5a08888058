"""A caller's turn, from her input to our answer: load, step, commit, tell, save."""
