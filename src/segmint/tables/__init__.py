"""Reading and writing tables in batches.

A table here is rows under one header, whatever file or frame it came from. Start at `open_table` in `source`.

========================  =============================================================
*Open*
`source`                  any table opened: a file by its content, or a frame
`table_source`            TableSource: a table that is read in batches, again and again
`same_file`               a file read several times, as it was at first
`rejects`                 one record that was read and not accepted, and why
*Text*
`text_source`             delimited text as a TableSource
`text_profile`            its encoding, delimiter and decimal sign
`byte_stream`             its bytes, decompressed within limits
`text_records`            its records: one broken record costs one record
*Workbooks, frames and Parquet*
`workbook_source`         a sheet of a workbook as a TableSource
`workbook_cells`          the cells whose content its reader leaves out
`frame_source`            frames and Parquet files as TableSources
*Cells*
`decimal_sign`            which sign the columns write their decimals with
`amounts`                 numbers as people write them
`lengths`                 lengths of time as texts
`formulas`                texts that no spreadsheet takes for a formula
*Write*
`write`                   frames written in a stream
========================  =============================================================
"""
