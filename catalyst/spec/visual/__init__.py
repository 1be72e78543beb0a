"""The visual form: the JSON that an editor writes, as the same raw tree that a YAML flow file gives, and back."""
