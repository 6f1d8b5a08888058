"""Settings of whoever runs the server: the one place that reads the environment."""
