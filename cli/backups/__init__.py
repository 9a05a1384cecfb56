"""A copy of all that the system needs to come back, in one sealed file (docs/how-to/backup.md)."""
