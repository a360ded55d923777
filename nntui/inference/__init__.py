"""A process beside a viewer that answers for networks: what they say of inputs, what the data of a preset are."""
