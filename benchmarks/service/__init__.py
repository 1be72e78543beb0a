"""The same work written by hand, for the emitted service to stand beside; started as apps of their own."""
