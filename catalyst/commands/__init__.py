"""What the commands do: each takes plain values, prints, and gives an exit code. `catalyst.cli` reads the arguments."""
