"""Workshops: groups with two dates, seats for people, the register at the venue.

A booking is a move of its referral, in one transaction, so they stand here.
"""
