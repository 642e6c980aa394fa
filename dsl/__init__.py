"""The language: an author's `.flow` files and `domain.yml` become a table. No network, no clock."""
