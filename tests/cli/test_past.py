"""``nntui resume``, ``rewind``, ``fork``, ``replay`` and ``import``, as a shell sees them."""
