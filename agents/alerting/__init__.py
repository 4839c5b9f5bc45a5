"""Alerting 预警: which finding reaches a person, and what is held back and why."""
