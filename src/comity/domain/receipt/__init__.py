"""Receipts: what they prove, under whose keys, and what they don't."""

from comity.domain.receipt.verify import PROVES_NOT, Cosigned, Verified, policy_of, verify_receipt

__all__ = ["PROVES_NOT", "Cosigned", "Verified", "policy_of", "verify_receipt"]
