"""The windows of the sample helpline, for tests of what a window does."""

from gateway.domain.contact_safety import When

SAMPLE = tuple(When(word) for word in ("morning", "noon", "evening", "sunday"))
EVERY = (*SAMPLE, When.NOW, When.NEVER)
EVENING = When("evening")
