"""Texts to participants: safe contact and agreement, what is due when, how it leaves."""
