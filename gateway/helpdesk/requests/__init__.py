"""Takes callback requests, from the first turn to the follow-up, with changes, refusals and erasure by the caller."""
