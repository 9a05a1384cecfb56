"""Staff: who they are, how they sign in, and which site and role a session carries."""
