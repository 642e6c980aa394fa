"""Stories on everything real: webhooks, store, worker, outbox and channel in one process, on a clock that is told."""
