"""The benchmark: `python -m benchmarks`, or `./scripts/bench`, which sets it up first. `README.md` says how."""
