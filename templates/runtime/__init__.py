"""What every generated project shares: short modules without any knowledge of a particular workflow."""
