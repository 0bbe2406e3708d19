"""What a report's own words hold."""

from comity.domain.report.found import FOUND_MAX, Found, found_in

__all__ = ["FOUND_MAX", "Found", "found_in"]
