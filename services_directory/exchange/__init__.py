"""Listings from outside and to outside: our CSV, spreadsheets, HSDS packages, ORUK JSON and feeds.

What comes in becomes drafts, and nothing half of it; what goes out is public to the last word.
"""
