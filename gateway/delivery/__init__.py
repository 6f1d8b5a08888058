"""Delivers the transactional outbox.

Claims due rows, checks that they may be sent, sends them and records the results.
"""
