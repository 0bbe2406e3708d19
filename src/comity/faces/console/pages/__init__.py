"""The console's pages, one file each; every file is read.

A file exports `pages`, a list of handlers, and may export `rail`, a list of `Entry` for the rail at the side, and `verbs`,
a list of `Verb` for the palette.
"""
