"""What the helpline is about, pure: events, permissions, contact safety, callbacks and the outbox."""
