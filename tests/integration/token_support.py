"""Tokens made by the openssl command, for tests that say what is in them."""

import base64
import json

import ca_support as support


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value):
    return b64url(json.dumps(value).encode())


def raw_signature(der):
    """R and S of a P-256 signature, 32 bytes each."""
    parts = [content for _, content, _ in support.der_parts(support.first_part(der)[1])]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in parts)


def signed_token(head, payload, key_path):
    """An ES256 token; the payload is base64url already, or claims."""
    text = payload if isinstance(payload, str) else part(payload)
    message = f"{part(head)}.{text}"
    der = support.openssl("dgst", "-sha256", "-sign", key_path, data=message.encode())
    return f"{message}.{b64url(raw_signature(der))}"


def jwk_of(key, kid):
    """The public half of a P-256 key."""
    point = key.spki[-64:]
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": b64url(point[:32]), "y": b64url(point[32:])}
