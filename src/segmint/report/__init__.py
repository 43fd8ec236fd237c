"""From a finished run to one HTML page that a marketing manager reads and mails around.

A *page* is a section of the report; a *block* is a piece of a page (a sentence, figures, a chart, a table). To add a page, write
``pages/<name>.py`` with ``page(run) -> dict | None`` and list it in `summary.PAGES`; no template needs to change.

========================  ===============================================================
`run_view`                RunView: what a run left in its folder
`pages`                   a file for each page of the report: from a RunView to blocks
`summary`                 `summarise`: all pages in one plain dict
`html`                    `render`: from that dict to one HTML file
*What pages are made of*
`blocks`                  the pieces of a page: sentences, figures, charts, tables
`charts`                  the charts, as Altair specifications
`svg`                     a chart as a small, clean SVG
`scores`                  the models' figures
`levels`                  levels of columns, and how far their outcome is from the whole
`set_aside`               which columns are no features, and why
`lesson`                  teachers, what they made for the network, and how good both are
`architecture`            a picture of the network, a box for each layer
*Beside the page*
`model_card`              what the bundle is and how well it did, in Markdown
`tensorboard_images`      the run's results for TensorBoard
========================  ===============================================================
"""
