"""From a person to a turn and back: web chat now, text messages later."""
