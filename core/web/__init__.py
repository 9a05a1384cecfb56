"""What every page shares, whichever package it belongs to: rendering, headers, cookies, forms."""
