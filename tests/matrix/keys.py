"""Keys made from their names, and signatures by them: the same in every run.

Where `cryptography` cannot sign deterministically (RFC 6979), ECDSA signatures differ from run to
run, and nothing else does.
"""

import functools
import hashlib

import der
import ed25519ph
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

CURVES = {"p224": ec.SECP224R1(), "p256": ec.SECP256R1(), "p384": ec.SECP384R1(),
          "p521": ec.SECP521R1(), "k256": ec.SECP256K1()}
ORDERS = {  # only to fold a seed into the range of a private key; 1 is never reached
    "p224": 2**224 - 2**128, "p256": 2**255, "p384": 2**383, "p521": 2**520, "k256": 2**255}
HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(),
          "sha512": hashes.SHA512()}
NATURAL_HASH = {"p224": "sha256", "p256": "sha256", "p384": "sha384", "p521": "sha512",
                "k256": "sha256", "ed25519": "sha512"}
ECDSA_OIDS = {"sha1": "1.2.840.10045.4.1", "sha256": "1.2.840.10045.4.3.2",
              "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
RSA_OIDS = {"sha1": "1.2.840.113549.1.1.5", "sha256": "1.2.840.113549.1.1.11",
            "sha384": "1.2.840.113549.1.1.12", "sha512": "1.2.840.113549.1.1.13"}
ED25519_OID = "1.3.101.112"
KEY_DETAILS = {"p256": "PKIX_ECDSA_P256_SHA_256", "p384": "PKIX_ECDSA_P384_SHA_384",
               "p521": "PKIX_ECDSA_P521_SHA_512", "ed25519": "PKIX_ED25519",
               "rsa2048": "PKIX_RSA_PKCS1V15_2048_SHA256",
               "rsa3072": "PKIX_RSA_PKCS1V15_3072_SHA256",
               "rsa4096": "PKIX_RSA_PKCS1V15_4096_SHA256"}
# How many odd numbers lie between a prime's seed and the prime: a search of seconds, done once.
PRIME_STEPS = {
    "rsa1024 p": 162, "rsa1024 q": 118, "rsa2048 p": 200, "rsa2048 q": 434,
    "rsa3072 p": 300, "rsa3072 q": 135, "rsa4096 p": 620, "rsa4096 q": 1542}


def stream(name, n):
    return hashlib.shake_256(f"mayfly matrix: {name}".encode()).digest(n)


def _is_prime(n):
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19):
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime_steps(name, bits):
    """Found anew; what PRIME_STEPS must say."""
    start = _prime_start(name, bits)
    steps = 0
    while not _is_prime(start + 2 * steps) or (start + 2 * steps) % 65537 == 1:
        steps += 1
    return steps


def _prime_start(name, bits):
    return int.from_bytes(stream(name, bits // 8), "big") | 3 << (bits - 2) | 1


def _prime(name, bits):
    steps = PRIME_STEPS.get(name)
    return _prime_start(name, bits) + 2 * (prime_steps(name, bits) if steps is None else steps)


def _rsa(kind):
    bits = int(kind.removeprefix("rsa"))
    p, q = _prime(f"{kind} p", bits // 2), _prime(f"{kind} q", bits // 2)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q),
                                    rsa.rsa_crt_iqmp(p, q), public)
    try:  # they were checked when their steps were written down, and that takes a while
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)
    except TypeError:  # before version 39 of the package
        return numbers.private_key()


@functools.cache
def _ecdsa(name):
    try:
        algorithm = ec.ECDSA(HASHES[name], deterministic_signing=True)
        key("p256", "trial").private.sign(b"", algorithm)
        return algorithm
    except (TypeError, UnsupportedAlgorithm):
        return ec.ECDSA(HASHES[name])


def is_deterministic():
    return getattr(_ecdsa("sha256"), "deterministic_signing", False)


class Key:
    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        seed = stream(f"{kind} {name}", 80)
        self.seed = seed[:32]
        if kind in CURVES:
            number = int.from_bytes(seed, "big") % (ORDERS[kind] - 2) + 1
            self.private = ec.derive_private_key(number, CURVES[kind])
        elif kind == "ed25519":
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
        else:
            self.private = _rsa(kind)  # one key of each size is enough
        self.spki = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.spki_hash = hashlib.sha256(self.spki).digest()

    @property
    def raw(self):
        """The 32 bytes of an Ed25519 public key."""
        return self.spki[-32:]

    @property
    def is_rsa(self):
        return self.kind.startswith("rsa")

    @property
    def hash(self):
        return NATURAL_HASH.get(self.kind, "sha256")

    @property
    def pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @functools.lru_cache(maxsize=4096)
    def sign(self, message, digest=None):
        """The same bytes each time, also where ECDSA is not deterministic: a certificate that is
        made twice in one case is one certificate."""
        digest = digest or self.hash
        if self.kind == "ed25519":
            return self.private.sign(message)
        if self.is_rsa:
            return self.private.sign(message, padding.PKCS1v15(), HASHES[digest])
        return self.private.sign(message, _ecdsa(digest))

    def sign_prehashed(self, message):
        """What hashedrekord entries take: Ed25519ph of Ed25519 keys, else as ever."""
        if self.kind == "ed25519":
            return ed25519ph.sign(self.seed, message)
        return self.sign(message)

    def algorithm(self, digest=None):
        """The AlgorithmIdentifier of its signatures (RFC 5758, 8017, 8410)."""
        digest = digest or self.hash
        if self.kind == "ed25519":
            return der.seq(der.oid(ED25519_OID))
        if self.is_rsa:
            return der.seq(der.oid(RSA_OIDS[digest]), der.null())
        return der.seq(der.oid(ECDSA_OIDS[digest]))


@functools.cache
def key(kind, name):
    return Key(kind, name)
