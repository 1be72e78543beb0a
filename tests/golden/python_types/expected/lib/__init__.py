"""Functions of our own that the workflows call."""
