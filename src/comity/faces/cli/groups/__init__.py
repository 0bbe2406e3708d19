"""The commands: one file for each word after `comity`, found by reading this folder (see app.py)."""
