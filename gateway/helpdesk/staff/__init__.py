"""The people of the centre: shifts, sign-in, second factor, and the rules that they work by."""
