"""Sends push messages to browsers of staff (Web Push); it is no provider, since no caller reaches us through it."""
