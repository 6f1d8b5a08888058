"""What keeps the helpline going: publishing, reports, maintenance, health and the processes."""
