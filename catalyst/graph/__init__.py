"""The intermediate form: resolved names, known types, decided order."""
