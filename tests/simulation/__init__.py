"""Machine, store, worker and outbox on a clock, a network and chances that a seed decides, in one thread."""
