"""The domain rules, pure: events, permissions, contact safety, callback requests and the outbox."""
