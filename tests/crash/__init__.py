"""Real processes that are killed, stopped and cut off from their database, and a ledger that must come out even."""
