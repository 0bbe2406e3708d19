"""How people show who they are: passwords by Argon2id, passkeys by WebAuthn."""

from comity.adapters.people.ceremonies import WebCeremonies
from comity.adapters.people.hasher import Argon2Hasher

__all__ = ["Argon2Hasher", "WebCeremonies"]
