"""The command line: parses, calls flows, shows. Nothing heavy is imported before a command runs."""

from segmint.cli.app import command, main

__all__ = ["command", "main"]
