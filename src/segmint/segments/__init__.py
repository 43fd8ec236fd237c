"""Segments: groups of similar customers; who they are, what they are worth, what to do.

A *segment* is a
group found in, or defined on, what the bank knows of a customer when the list is made.
"""
