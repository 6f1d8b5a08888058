"""The pure core of callbacks: what may happen to a request, when her phone may ring, what follows from a call."""
