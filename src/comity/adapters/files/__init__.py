"""Where files are kept that records name by digest."""
