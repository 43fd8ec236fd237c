"""What the contracts that come with segmint are called. Nothing is loaded for it."""

from __future__ import annotations

SHIPPED = ("bank-marketing", "bank-additional", "customer-segments", "term-deposit", "simulated-campaign")
