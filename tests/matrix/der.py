"""Writes DER (X.690) by hand, so that the matrix can write what no library would."""

import datetime


def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    size = bytes([n]) if n < 0x80 else b""
    if not size:
        digits = n.to_bytes((n.bit_length() + 7) // 8, "big")
        size = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + size + content


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))  # X.690 11.6


def integer(number):
    if isinstance(number, bytes):  # the bytes of an unsigned number
        number = int.from_bytes(number, "big")
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\x00")


def octets(content):
    return tlv(0x04, content)


def bits(content, unused=0):
    return tlv(0x03, bytes([unused]), content)


def null():
    return tlv(0x05)


def utf8(text):
    return tlv(0x0C, text if isinstance(text, bytes) else text.encode())


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for number in [40 * first + second, *rest]:
        group = bytes([number & 0x7F])
        while number := number >> 7:
            group = bytes([0x80 | number & 0x7F]) + group
        out += group
    return tlv(0x06, out)


def explicit(number, *parts):
    return tlv(0xA0 | number, *parts)


def implicit(number, content):
    """[n] IMPLICIT over a primitive type."""
    return tlv(0x80 | number, content)


def _calendar(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def time(seconds):
    """RFC 5280 4.1.2.5: UTCTime until 2049."""
    when = _calendar(seconds)
    if when.year < 2050:
        return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def generalized_time(seconds, fraction=""):
    """RFC 3161 2.4.2: with a fraction where one is given, as ".25"."""
    return tlv(0x18,
        _calendar(seconds).strftime("%Y%m%d%H%M%S").encode() + fraction.encode() + b"Z")


def rfc3339(seconds, fraction=""):
    """Not DER, but the third way to write the same time (proto3 JSON)."""
    return _calendar(seconds).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
