"""Where what is embedded keeps its files: the folder of the variable DATA_DIR, else `data` in the working directory."""

import os
from pathlib import Path


def data_file(name: str) -> Path:
    """The path of a file in the folder, which is made when it is first needed."""
    folder = Path(os.environ.get("DATA_DIR") or "data")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name
