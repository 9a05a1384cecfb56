"""What runs inside Rasa's own Python 3.10: channel, understanding, policies, patches.

It imports nothing else of ours.
"""
