"""From a finished run to one HTML page that a marketing manager reads and mails around.

Four steps with a plain dict in the middle: `RunView` reads the run's files, each ``pages/<name>.py`` turns them into a page of
blocks, `summarise` collects the pages, `render` makes HTML of them. A *page* is a section of the report; a *block* is a piece of a
page (a sentence, figures, a chart, a table). To add a page, write ``pages/<name>.py`` with ``page(run) -> dict | None`` and list it
in `summary.PAGES`; no template needs to change.
"""
