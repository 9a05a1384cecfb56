"""A long day at one copy: does it grow?"""
