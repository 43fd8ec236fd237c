"""Contracts: what a table must look like, and the door through which a table becomes a ValidTable.

Start at `load_contract` in `contract` and `validate` in `validate`.

========================  =================================================================================
*A contract*
`contract`                what a table must look like, read from TOML, shipped or the user's own
`column`                  what it says of one column: its kind, its role, and when the bank knows it
`names`                   what the contracts that come with segmint are called
`export`                  a contract as TOML text
`synthetic`               rows made from a contract alone
*A table held against it*
`validate`                the door: the only place where a ValidTable comes to be
`valid_table`             ValidTable: rows that met their contract
`one_row`                 one customer as a dict, held against the contract as `validate` does with a table
`column_match`            which columns to read, which to leave, which are missing
`cells`                   cells to numbers, categories, texts and dates, or the reason why not
`dates`                   dates as banks write them
`treatment`               who was called and who was left alone
`copies`                  rows that are copies of another
`totals`                  rows of totals below a table
`ledger`                  read = accepted + rejected, and where each row went
*A draft of one, from a table*
`infer`                   a contract drafted from a table, for a person to review
`sample`                  which rows a draft looks at
`look`                    what one column's values look like
`counts`                  how often each value stands in a column
`hints`                   what a column's name hints at
`draft_column`            kind, role and moment of a drafted column
`draft_outcome`           which column is the outcome, and who the yes is
`twins`                   columns that say what another says
`columns_used`            how many columns describe customers, and why the others do not
`draft_text`              the draft as TOML, with notes beside the columns
*Shared by tables with a contract and without*
`header`                  whether the first line is a header, or the first customer
`ids`                     customer ids as every join compares them
`event_dates`             which column says when a call or a purchase was made
`yes_no`                  what people write for yes and for no
`no_value`                what people write where there is no value
`sheet_values`            what the cells of a table are in a workbook
`answer_phrases`          a column's yes and no as a phrase: "with a car", "has no loan"
========================  =================================================================================
"""
