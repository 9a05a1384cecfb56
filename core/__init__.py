"""What every part stands on: settings, clock, database, encryption, audit; no domain words."""
