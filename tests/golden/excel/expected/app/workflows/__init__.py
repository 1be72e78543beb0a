"""One module a workflow."""
