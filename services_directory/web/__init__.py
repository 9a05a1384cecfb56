"""The directory's own pages and interfaces."""
