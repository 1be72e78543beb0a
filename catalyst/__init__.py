"""Catalyst compiles a workflow file into a standalone FastAPI project."""

__version__ = "0.1.0"
