"""Everything that is asked for over HTTP: webhooks of providers and pages of people."""
