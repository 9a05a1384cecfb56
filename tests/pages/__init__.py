"""Every page in a real browser, on the real web process without Rasa."""
