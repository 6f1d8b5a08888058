"""Counts events without personal data, and reports them: metrics, monthly reports and service quality."""
