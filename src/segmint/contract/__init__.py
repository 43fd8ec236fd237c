"""Contracts: what a table must look like, and the door through which a table becomes a ValidTable.

Start at `segmint.contract.contract.load_contract` and `segmint.contract.validate.validate`.
"""
