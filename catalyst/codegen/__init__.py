"""The graph becomes {path: text}; nothing here touches the disk."""
