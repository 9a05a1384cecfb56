"""Reaching people: who is told when somebody may be in danger; later workshops and messages."""
