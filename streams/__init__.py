"""How events travel: delivery without loss, and the same path for live and replay."""
