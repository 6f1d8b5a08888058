"""Calls to callers: attempts, bridged calls, and the limits that keep them safe."""
