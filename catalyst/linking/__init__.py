"""Flows find each other and the user's own Python: everything that reaches beyond one file."""
