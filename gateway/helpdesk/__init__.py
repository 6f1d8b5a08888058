"""What counsellors do: people, the line, claims, attempts, outcomes."""
