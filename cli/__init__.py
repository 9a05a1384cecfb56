"""The doors of the house: set-up, the supervisor of a copy, the checks, the `cara` command."""
