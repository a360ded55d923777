"""Pictures of data."""
