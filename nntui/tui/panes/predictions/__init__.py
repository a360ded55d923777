"""What a network says of the rows of its data."""
