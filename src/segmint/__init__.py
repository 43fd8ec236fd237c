"""segmint."""
