"""One file for each page of the report: ``page(run) -> dict | None``, None when the run has no files for it."""
