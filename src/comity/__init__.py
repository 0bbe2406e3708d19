"""Comity: report, match, request, action, receipt."""

__version__ = "0.1.0"
