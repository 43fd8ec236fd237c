"""The command line: parses, calls flows, shows. Nothing heavy is imported before a command runs."""

from segmint.cli.app import main

__all__ = ["main"]
