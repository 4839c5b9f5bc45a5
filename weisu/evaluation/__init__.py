"""Figures with their bounds: golden sets and planted truth against what the code decides."""
