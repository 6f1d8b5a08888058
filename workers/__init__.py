"""What the clock and the queue start: RQ jobs, chores and their process."""
