"""Ways on which bytes travel between nodes."""

from comity.adapters.courier.check import Finding
from comity.adapters.courier.directory import DirectoryCourier
from comity.adapters.courier.https import HttpsCourier

__all__ = ["DirectoryCourier", "Finding", "HttpsCourier"]
