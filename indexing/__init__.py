"""Where results rest and are found: one port, two engines."""
