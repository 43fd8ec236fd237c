"""How a command ends that was stopped by Ctrl-C."""

INTERRUPTED = 130  # what a shell expects
STOPPED = "stopped; nothing was published by halves, see: segmint runs"
