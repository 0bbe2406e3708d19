"""Keccak-256 with the original padding, as Ethereum and Monero use it.

Not SHA3-256: the standard of 2015 pads with 0x06 where these chains, older than it, pad with 0x01, and hashlib
offers the standard only. Source: The Keccak reference, version 3.0, sections 1.2 and 2.
"""

from __future__ import annotations

_RATE = 136  # octets absorbed per permutation at 256 bits of output
_MASK = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    # The reference defines them by a shift register over x^8 + x^6 + x^5 + x^4 + 1, one bit each at 2^j - 1.
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            constant |= (register & 1) << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _walk() -> tuple[tuple[int, int], ...]:
    # rho and pi in one: lane after lane along the reference's path, with the distance each is rotated.
    x, y, steps = 1, 0, []
    for t in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        steps.append((x + 5 * y, (t + 1) * (t + 2) // 2 % 64))
    return tuple(steps)


_CONSTANTS = _round_constants()
_WALK = _walk()


def keccak_256(message: bytes) -> bytes:
    """32 bytes of digest."""
    return sponge_256(message, first_padding=0x01)


def sponge_256(message: bytes, first_padding: int) -> bytes:
    """The sponge at capacity 512; a first padding octet of 0x06 makes it SHA3-256, which is how it is tested."""
    padding = bytearray(_RATE - len(message) % _RATE)
    padding[0] = first_padding
    padding[-1] |= 0x80
    padded = message + padding
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            lanes[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permute(a: list[int]) -> None:
    for constant in _CONSTANTS:
        # theta
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        for x in range(5):
            after = c[(x + 1) % 5]
            d = c[x - 1] ^ ((after << 1 | after >> 63) & _MASK)
            for lane in range(x, 25, 5):
                a[lane] ^= d
        # rho, pi
        carried = a[1]
        for lane, turn in _WALK:
            a[lane], carried = (carried << turn | carried >> (64 - turn)) & _MASK, a[lane]
        # chi; `~b & c` stays within 64 bits because c does
        for row in range(0, 25, 5):
            b0, b1, b2, b3, b4 = a[row : row + 5]
            a[row : row + 5] = b0 ^ (~b1 & b2), b1 ^ (~b2 & b3), b2 ^ (~b3 & b4), b3 ^ (~b4 & b0), b4 ^ (~b0 & b1)
        # iota
        a[0] ^= constant
