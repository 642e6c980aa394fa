"""Oldest first: `m0001`, and so on."""
