"""What the witness's tests share: the program on a directory, logs made here, proofs and signatures by
code of their own."""

import base64
import hashlib
import json
import subprocess

from log_checker import Checkpoint, leaf_hash, node_hash
from log_support import BIN, Log, ask, b64, free_ports, openssl

EMPTY = hashlib.sha256(b"").digest()


def init_witness(directory, name="witness.example/1"):
    """Makes one; returns its verifier key."""
    said = subprocess.run([BIN / "mayfly-witness", "init", f"--name={name}",
                           f"--directory={directory}"], capture_output=True, text=True, check=True)
    return said.stdout.splitlines()[1]


class Witness(Log):
    program = "mayfly-witness"

    def __init__(self, directory, logs, **members):
        """logs: verifier keys, or (verifier key, origin)."""
        self.directory, self.port, self.process = directory, free_ports(), None
        self.config = directory.parent / (directory.name + ".json")
        self.prefix = members.get("prefix", "")
        pairs = [log if isinstance(log, tuple) else (log, None) for log in logs]
        self.config.write_text(json.dumps({
            "format": 1, "directory": str(directory), "listen": f"127.0.0.1:{self.port}",
            "logs": [{"vkey": vkey} | ({"origin": origin} if origin else {})
                     for vkey, origin in pairs], **members}))

    def add(self, old, proof, note):
        """Status, headers and text of the answer to add-checkpoint."""
        body = f"old {old}\n" + "".join(b64(h) + "\n" for h in proof) + "\n" + note
        return self.post(body.encode())

    def post(self, body, method="POST"):
        status, headers, said = ask(self.port, method, self.prefix + "/add-checkpoint", body)
        return status, headers, said.decode()

    def last(self, origin):
        name = hashlib.sha256(origin.encode()).hexdigest()
        status, headers, said = ask(self.port, "GET", f"{self.prefix}/{name}/checkpoint")
        return status, headers, said.decode()

    def health(self):
        return json.loads(ask(self.port, "GET", "/healthz")[2])


class Key:
    """A verifier key taken apart, and signatures checked by openssl."""

    def __init__(self, folder, vkey):
        self.name, self.id, material = vkey.split("+", 2)
        self.type, self.raw = base64.b64decode(material)[0], base64.b64decode(material)[1:]
        self.path = folder / f"{self.id}.der"
        self.path.write_bytes(bytes.fromhex("302a300506032b6570032100") + self.raw)
        bound = hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.raw)
        assert bound.digest()[:4].hex() == self.id, vkey

    def verify(self, message, signature):
        """Ed25519."""
        text, sig = self.path.with_suffix(".text"), self.path.with_suffix(".sig")
        text.write_bytes(message)
        sig.write_bytes(signature)
        run = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                              self.path, "-rawin", "-in", text, "-sigfile", sig],
                             capture_output=True, check=False)
        return run.returncode == 0

    def cosigned(self, line, note):
        """The time in a cosignature's line, which must be this witness's over this note's text."""
        dash, name, payload = line.rstrip("\n").split(" ")
        payload = base64.b64decode(payload)
        assert (dash, name, payload[:4].hex(), len(payload)) == ("—", self.name, self.id, 76), line
        seconds = int.from_bytes(payload[4:12], "big")
        text = note.rpartition("\n\n")[0] + "\n"
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        assert self.verify(message, payload[12:]), f"{line} is not over {text}"
        return seconds


def root_of(leaves):
    """RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))


def consistency(leaves, old, whole=True):
    """RFC 6962 section 2.1.2: from the first `old` of these leaves to all of them."""
    if old == 0:
        return []
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= half:
        return [*consistency(leaves[:half], old, whole), root_of(leaves[half:])]
    return [*consistency(leaves[half:], old - half, False), root_of(leaves[:half])]


class MadeLog:
    """A log that exists here only: a key of openssl's, and trees of which some part from the others."""

    def __init__(self, folder, origin):
        self.origin, self.pem = origin, folder / f"{origin.replace('/', '-')}.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.pem)
        material = b"\x01" + openssl("pkey", "-in", self.pem, "-pubout", "-outform", "DER")[-32:]
        self.id = hashlib.sha256(origin.encode() + b"\n" + material).digest()[:4]
        self.vkey = f"{origin}+{self.id.hex()}+{b64(material)}"

    def sign(self, text):
        message = self.pem.with_suffix(".message")
        message.write_text(text)
        signature = openssl("pkeyutl", "-sign", "-inkey", self.pem, "-rawin", "-in", message)
        return f"{text}\n— {self.origin} {b64(self.id + signature)}\n"

    def note(self, size, root, *extensions):
        return self.sign("".join(f"{line}\n" for line in (self.origin, size, b64(root), *extensions)))

    @staticmethod
    def leaves(count, tree="tree", common=0):
        """The first `common` leaves are those of every tree."""
        return [leaf_hash(f"{'tree' if n < common else tree} {n}".encode()) for n in range(count)]

    def checkpoint(self, size, tree="tree", common=0, extensions=()):
        return self.note(size, root_of(self.leaves(size, tree, common)), *extensions)


def parse(note):
    return Checkpoint(note)
