"""How each layer of a network fares."""
