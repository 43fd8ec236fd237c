"""Here, to store means: what is published stands whole or not at all, and what is opened was checked first.

`staging` and `publish_file` are the only ways by which anything becomes visible. A *run* is a folder that
remembers one command; a *bundle* is a trained model as data only, with nothing in it that can execute.
Import from the file that names the concept (``from segmint.store.run import Run``): this page stays light,
because publishing must not need the numerical libraries.
"""
