"""Thin: from the conversation to the packages below, and back as utterances without words."""
