"""Notifying 通知: who is told, and how."""
