"""One file per node type; `catalog` finds them by file name."""
