"""``python -m segmint``."""

from segmint.cli.app import command

command()
