"""What a network of one or two inputs makes of their plane, its units, and its weights."""
