"""The face towards providers: checks who posts, strips the transport off, and hands the event to its use case."""
