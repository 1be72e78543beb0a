"""Tests that need no keys, network or servers."""
