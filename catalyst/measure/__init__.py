"""Tools to measure a server that runs on this machine. They know nothing of workflows.

`load.py` drives a packaged load generator, `events.py` reads event streams, `servers.py` starts a server and waits for
its first answer, `processes.py` says what a process costs, `cores.py` keeps processes apart, `figures.py` sums up
rounds, `facts.py` says what machine it was.
"""
