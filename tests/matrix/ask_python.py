"""Asks sigstore-python about every case in a folder, and prints an answer a line.

    ask_python.py FOLDER        run by the peer's own interpreter

It does what the peer's command does (sigstore/_cli.py), without starting it anew for each case.
"""

import contextlib
import io
import json
import logging
import pathlib
import sys

from sigstore import dsse
from sigstore._utils import sha256_digest
from sigstore.errors import Error
from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
from sigstore.verify import Verifier, policy


class Refused(Exception):
    """What the command itself says no to."""


def trusted_root(path):
    text = path.read_bytes()
    try:
        if "clienttrustconfig" in json.loads(text)["mediaType"]:
            return ClientTrustConfig.from_json(text).trusted_root
    except (ValueError, LookupError, TypeError):
        pass
    return TrustedRoot.from_file(str(path))


def verify(folder, asked):
    if "key" in asked:
        raise Refused("the command has no option for a key")
    verifier = Verifier(trusted_root=trusted_root(folder / "trusted_root.json"))
    with open(folder / "artifact", "rb") as file:
        digest = sha256_digest(file)
    bundle = Bundle.from_json((folder / asked["bundle"]).read_bytes())
    who = policy.Identity(identity=asked["identity"], issuer=asked["issuer"])
    if not bundle._dsse_envelope:
        verifier.verify_artifact(input_=digest, bundle=bundle, policy=who)
        return
    kind, payload = verifier.verify_dsse(bundle=bundle, policy=who)
    if kind != dsse.Envelope._TYPE:
        raise Refused(f"expected JSON payload for DSSE, got {kind}")
    if not dsse.Statement(payload)._matches_digest(digest):
        raise Refused("no subject of the statement is the artifact")


def answer(folder):
    asked = json.loads((folder / "case.json").read_text())
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            verify(folder, asked)
        why = ""
    except (Error, Refused) as problem:
        why = f"{type(problem).__name__}: {problem}"
    except Exception as problem:  # it would end the command as well
        why = f"uncaught {type(problem).__name__}: {problem}"
    return {"case": asked["name"], "ok": not why, "why": why}


def main():
    logging.disable(logging.CRITICAL)
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*/case.json")):
        print(json.dumps(answer(path.parent)), flush=True)


if __name__ == "__main__":
    main()
