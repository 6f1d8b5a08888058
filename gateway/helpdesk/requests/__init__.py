"""What callers ask for, from the first word to the follow-up, and what they refuse."""
