"""Other ways to run the same flow, each written as its own documentation recommends; `catalogue.py` lists them."""
