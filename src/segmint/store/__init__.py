"""Here, to store means: what is published stands whole or not at all, and what is opened was checked first.

`staging` and `publish_file` are the only ways by which anything becomes visible. A *run* is a folder that
remembers one command; a *bundle* is a trained model as data only, with nothing in it that can execute.
Import from the file that names the concept (``from segmint.store.run import Run``): this page stays light,
because publishing must not need the numerical libraries.

========================  ====================================================================
`staging`                 published whole or not at all; `locks`, `alone`: one at a time
`sealed_folder`           opened without trust; `strict_json`, `tensors`: what is read there
`run`                     the folder that remembers one command
`run_files`               what its files are called; `run_record`: what ``run.json`` must say
`as_made`                 what a finished run vouches for
`runs`                    which runs there are, and finding one; `process`: whether one still works
`command_line`            the command as typed; `asked_by`: who asked for it
`training_ids`            whom a model has learned from; `learned_tables`: which tables
`bundle`                  a trained model as data only, opened after every check
`manifest`                its seal, the hash and size of every file
`network_spec`            what ``network.json`` may say
`verify`                  a run and its bundle, checked by name
`champion`                which bundle is in use and how it got there; `promoted`: the file that says so
`remember`                what was computed, under the hash of what it was computed from
`brought_tables`          where tables that were brought to the dashboard lie
========================  ====================================================================
"""
