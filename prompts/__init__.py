"""What a model is asked: one folder a task, versioned."""
