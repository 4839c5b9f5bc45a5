"""Grading 研判: what a ticket says, how urgent it is, who is in charge."""
