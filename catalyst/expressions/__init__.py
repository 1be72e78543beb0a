"""What stands inside `{{ }}`: parsed, typed, and turned into Python at build time."""
