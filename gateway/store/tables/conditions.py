"""The conditions of the partial indexes, word for word as the queries repeat them."""

# The very words of these conditions stand in the queries too: an index is used only where the query repeats them.
OPEN = "state IN ('waiting', 'claimed', 'calling', 'review')"
WAITING = "state = 'waiting'"
HELD = "state IN ('claimed', 'calling')"
REVIEW = "state = 'review'"
IN_HAND = "state IN ('claimed', 'calling', 'reached')"
UNREAD = "read_at IS NULL"
LIVE = "ended_at IS NULL"
PENDING = "state = 'pending'"
IN_LANE = "state IN ('pending', 'sending')"
SENDING = "state = 'sending'"
UNCLEAR = "state = 'unclear'"
