"""What is stored is kept for its time and no longer: a little cleaning now and then, which never stops the turns."""

from __future__ import annotations

from loguru import logger

from dsl.table import Retention
from runtime.store.port import REST_MS, Store, StoreDown


class Janitor:
    """`step` now and then, from the thread that owns the store."""

    def __init__(self, store: Store, keep: Retention) -> None:
        self._store, self._keep = store, keep
        self._next_at = 0

    def step(self, now: int) -> None:
        """Delete a little of what is over at `now` (milliseconds); nothing while it rests. Never raises."""
        if now < self._next_at <= now + REST_MS:             # further ahead only if the clock was wrong
            return
        try:
            self._next_at = self._store.tidy(self._keep, now)
        except StoreDown as fault:                           # a later step tries again
            logger.bind(error=str(fault)).warning("not cleaned up")
        except Exception as fault:
            logger.opt(exception=fault).error("not cleaned up")
            self._next_at = now + REST_MS
