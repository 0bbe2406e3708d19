"""Suites that hold any implementation of a protocol to its text, over the wire alone."""
