"""{path: text} becomes a folder that its owner may edit."""
