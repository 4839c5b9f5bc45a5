"""What is decided about a ticket: one folder an agent, in the order a ticket meets them."""
