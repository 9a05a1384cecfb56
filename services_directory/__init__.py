"""The services directory: listings, places, opening hours, and the one way of searching them."""
