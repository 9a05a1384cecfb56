"""Learning from use: what was not understood, how a person reads it, what is learned of it."""
