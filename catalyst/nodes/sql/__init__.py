"""SQL of `sql` nodes while a flow is built: its tokens, where values may stand, and what `schema.sql` knows of it.

A parser of the whole language is not needed for that, and would have to understand every statement of every database:
the tokens say where a value stands, and SQLite itself, in memory, checks tables and columns.
"""
