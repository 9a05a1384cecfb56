"""A turn, ours beside the peer's: how long, how many at once, where the time goes."""
