"""Reading and writing tables in batches.

A table here is rows under one header, whatever file or frame it came from.

Start at `segmint.tables.source.open_table`.
"""
