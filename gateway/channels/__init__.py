"""One folder for each provider's dialect, found by its name; none of them knows another."""
