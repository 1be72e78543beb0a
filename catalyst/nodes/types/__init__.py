"""Every file here is one node type; the file's name is the type's name (a trailing `_` keeps off Python's keywords)."""
