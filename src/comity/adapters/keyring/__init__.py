"""Where a node's private keys lie."""

from comity.adapters.keyring.files import FileKeyring

__all__ = ["FileKeyring"]
