"""Where what is embedded keeps its files: the folder of the variable DATA_DIR, else `data` in the working directory."""

import os


def data_file(name: str) -> str:
    """The path of a file in the folder, which is made when it is first needed."""
    folder = os.environ.get("DATA_DIR") or "data"
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)
