"""Stories as pytest items: `pytest stories/` collects what `talktable test` runs."""
