"""The time, identity and chance of this machine."""

from comity.adapters.clock.system import SystemClock, SystemMint

__all__ = ["SystemClock", "SystemMint"]
