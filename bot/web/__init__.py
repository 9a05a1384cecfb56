"""The chat in a browser: the public API, the pages, the widget."""
