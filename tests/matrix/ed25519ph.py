"""Ed25519ph (RFC 8032 sections 5.1 and 5.1.7) in plain integers: `cryptography` has none."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
DOM2 = b"SigEd25519 no Ed25519 collisions\x01\x00"
BASE_Y = 4 * pow(5, -1, P) % P


def _base():
    x2 = (BASE_Y * BASE_Y - 1) * pow(D * BASE_Y * BASE_Y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x % 2:
        x = P - x
    return (x, BASE_Y, 1, x * BASE_Y % P)


def _add(a, b):
    """Section 5.1.4, extended coordinates."""
    left = (a[1] - a[0]) * (b[1] - b[0]) % P
    right = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = right - left, d - c, d + c, right + left
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _multiply(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def sign(seed, message):
    wide = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(wide[:32], "little") & (2**254 - 8) | 2**254
    prehash = hashlib.sha512(message).digest()
    public = _encode(_multiply(scalar, _base()))
    r = _number(DOM2, wide[32:], prehash) % ORDER
    commitment = _encode(_multiply(r, _base()))
    k = _number(DOM2, commitment, public, prehash) % ORDER
    return commitment + ((r + k * scalar) % ORDER).to_bytes(32, "little")
