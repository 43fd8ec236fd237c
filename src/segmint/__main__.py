"""``python -m segmint``."""

from segmint.cli import command

command()
