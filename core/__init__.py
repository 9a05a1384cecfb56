"""What every part stands on: settings, clock, database, encryption, audit. No word of the domain."""
