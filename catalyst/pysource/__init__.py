"""Python text as values; knows nothing of workflows."""
