"""The speed of an emitted service beside the same work written by hand; `speed.py` measures."""
