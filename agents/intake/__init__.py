"""Intake 受理: bytes become a ticket, hashed and masked."""
