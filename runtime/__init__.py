"""The runtime: a table and events become conversations."""
