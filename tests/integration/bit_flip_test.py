"""One flipped bit in every part of a bundle: each such bundle is refused, and none brings the
program down. TAP on standard output."""

import base64
import contextlib
import json
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import Bench, run_tests  # noqa: E402

SEED = 20261124
SPREAD = 9  # flips in a part, the first and the last byte among them


def at(bundle, path):
    """The object that holds the last name of a path, and that name."""
    for step in path[:-1]:
        bundle = bundle[step]
    return bundle, path[-1]


ENTRY = ("verificationMaterial", "tlogEntries", 0)
PROOF = (*ENTRY, "inclusionProof")
BASE64_PARTS = {
    "certificate": ("verificationMaterial", "certificate", "rawBytes"),
    "signature": ("messageSignature", "signature"),
    "digest": ("messageSignature", "messageDigest", "digest"),
    "canonicalized body": (*ENTRY, "canonicalizedBody"),
    "log id": (*ENTRY, "logId", "keyId"),
    "root hash": (*PROOF, "rootHash"),
    "timestamp": ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps", 0,
                  "signedTimestamp"),
}


def positions(length):
    dice = random.Random(SEED + length)
    inner = [dice.randrange(length) for _ in range(SPREAD - 2)]
    return [(place, 1 << dice.randrange(8)) for place in sorted({0, length - 1, *inner})]


def flips_of(text, path):
    """Bundles with one bit of a base64 part flipped, and where."""
    holder, name = at(json.loads(text), path)
    data = base64.b64decode(holder[name])
    for place, mask in positions(len(data)):
        bundle = json.loads(text)
        changed = bytearray(data)
        changed[place] ^= mask
        holder, name = at(bundle, path)
        holder[name] = base64.b64encode(changed).decode()
        yield f"byte {place} of {len(data)}, mask {mask:#04x}", json.dumps(bundle)


def refused(bench, where, text):
    path = bench.folder / "flipped.json"
    path.write_text(text)
    said = bench.verify("--bundle", path, bench.folder / "subject")
    assert said.status == 1, f"{where}: {said}"
    assert "subject: not verified: " in said.err, f"{where}: {said}"


def check_part(path):
    def test(bench):
        count = 0
        for where, text in flips_of(bench.text, path):
            refused(bench, where, text)
            count += 1
        assert count >= min(SPREAD - 2, 5), count
    return test


def flips_in_proof_hashes(bench):
    hashes = json.loads(bench.text)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    assert len(hashes["hashes"]) >= 2, "the log is too small for a proof of several hashes"
    for number in range(len(hashes["hashes"])):
        for where, text in list(flips_of(bench.text, (*PROOF, "hashes", number)))[:4]:
            refused(bench, f"hash {number}, {where}", text)


def flips_in_checkpoint(bench):
    """Any bit that leaves valid text, in the origin, size, root, key name, key id, signature."""
    path = (*PROOF, "checkpoint", "envelope")
    holder, name = at(json.loads(bench.text), path)
    note = holder[name].encode()
    for place, mask in [(place, 1 << (place % 7)) for place in range(0, len(note), 7)]:
        changed = bytearray(note)
        changed[place] ^= mask
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue  # a JSON text cannot hold it
        bundle = json.loads(bench.text)
        holder, name = at(bundle, path)
        holder[name] = text
        refused(bench, f"byte {place} of the checkpoint, mask {mask:#04x}", json.dumps(bundle))


def other_values(bench):
    rows = [
        ((*ENTRY, "logIndex"), "1"), ((*ENTRY, "logIndex"), "-1"),
        ((*ENTRY, "logIndex"), "9223372036854775808"), ((*PROOF, "logIndex"), "1"),
        ((*PROOF, "treeSize"), "1"), ((*PROOF, "treeSize"), "99"), ((*PROOF, "treeSize"), "-5"),
        ((*PROOF, "hashes"), []), ((*PROOF, "checkpoint", "envelope"), ""),
        ((*ENTRY, "kindVersion", "kind"), "dsse"), ((*ENTRY, "kindVersion", "version"), "0.0.1"),
        ((*ENTRY, "canonicalizedBody"), "e30="), (("verificationMaterial", "tlogEntries"), []),
        (("messageSignature", "messageDigest", "algorithm"), "SHA2_512"),
        (("messageSignature", "signature"), ""), (("messageSignature", "signature"), "?"),
        (("verificationMaterial", "certificate", "rawBytes"), ""),
        (("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"), []),
        (("verificationMaterial", "timestampVerificationData"), {}),
        (("mediaType",), "text/plain"), (("mediaType",), None),
    ]
    for path, value in rows:
        bundle = json.loads(bench.text)
        holder, name = at(bundle, path)
        holder[name] = value
        refused(bench, f"{'/'.join(map(str, path))} = {value!r}", json.dumps(bundle))


def what_counts(text):
    """The bundle without what need not be there: the time of a Rekor v2 entry, what a proof repeats
    of its checkpoint, and members that nobody knows; and with the bytes that its base64 stands for,
    since the last character of some has bits that stand for none."""
    bundle = json.loads(text)
    for path in BASE64_PARTS.values():
        with contextlib.suppress(KeyError, TypeError, ValueError):  # flipped: then as it is
            holder, name = at(bundle, path)
            holder[name] = base64.b64decode(holder[name], validate=True)
    for path, counts in ((ENTRY, ("logIndex", "logId", "kindVersion", "inclusionProof",
                                  "canonicalizedBody")),
                         (PROOF, ("hashes", "checkpoint"))):
        holder, name = at(bundle, path)
        holder[name] = {member: holder[name].get(member) for member in counts}
    return bundle


def flips_in_the_file_itself(bench):
    """Any bit of the bundle as text is refused; but the digest in it is a hint that may be left out,
    and a member of an unknown name is left out."""
    data = bench.text.encode()
    optional = data.index(b"messageDigest")
    dice = random.Random(SEED)
    path = bench.folder / "flipped.json"
    for _ in range(40):
        place, mask = dice.randrange(len(data)), 1 << dice.randrange(8)
        if optional <= place < optional + len(b"messageDigest"):
            continue
        changed = bytearray(data)
        changed[place] ^= mask
        path.write_bytes(changed)
        said = bench.verify("--bundle", path, bench.folder / "subject")
        assert said.status == 1 or (said.status == 0 and
                                    what_counts(changed) == what_counts(data)), \
            f"byte {place}, mask {mask:#04x}: {said}"


def the_bundle_itself_verifies(bench):
    bench.verify(bench.folder / "subject").expect(0, "verified")


def named(name, test):
    test.__name__ = name
    return test


def main():
    bench = Bench()
    try:
        bench.up()
        for number in range(4):
            bench.signed(f"before-{number}", f"before {number}")
        bench.text = bench.signed("subject", "subject")[1].read_text()
        parts = [named(f"flips in the {part}", check_part(path))
                 for part, path in BASE64_PARTS.items()]
        return run_tests([the_bundle_itself_verifies, *parts, flips_in_proof_hashes,
                          flips_in_checkpoint, other_values, flips_in_the_file_itself], bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
