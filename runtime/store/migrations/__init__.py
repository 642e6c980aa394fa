"""The schema's versions, one module each in `versions`; `runtime.store.schema` runs them.

A new one names the one before it in `down_revision` and leaves that alone. On SQLite a table is altered in batch mode
(`with op.batch_alter_table(…)`), which copies it. A test compares where they lead with `tables`.
"""
