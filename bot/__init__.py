"""How the assistant talks, and where people reach it."""
