"""Inbox, state, journal, outbox and timers of every conversation: `port`, then `memory` and `sql`."""
