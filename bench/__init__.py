"""Measures the node beside the best peer for the same work: ratios in one run, and the distance to the physical floor.

A bench is one file in this folder with `measure(**sizes) -> Result`, whose defaults are the sizes that count, and `TINY`, sizes
that only show that it runs. Nothing here fails because something was slow; it fails when the two sides disagree.
"""
