"""A checker of logs that knows only HTTP answers: RFC 6962 trees and C2SP checkpoints, written on its own.

It remembers every answer and every checkpoint ever handed out, and compares them with what the log serves
in the end.
"""

import base64
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import tempfile
import urllib.request


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_proof(index, size, leaf, proof):
    """RFC 9162 section 2.1.3.2; None when the proof has the wrong length."""
    fn, sn, computed = index, size - 1, leaf
    for hash_ in proof:
        if sn == 0:
            return None
        if fn % 2 == 1 or fn == sn:
            computed = node_hash(hash_, computed)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            computed = node_hash(computed, hash_)
        fn, sn = fn >> 1, sn >> 1
    return computed if sn == 0 else None


def roots_of(entries):
    """The root at each size from 1 on."""
    peaks, roots = [], []
    for number, entry in enumerate(entries):
        acc, size = leaf_hash(entry), number
        while size % 2 == 1:
            acc = node_hash(peaks.pop(), acc)
            size >>= 1
        peaks.append(acc)
        root = peaks[-1]
        for peak in reversed(peaks[:-1]):
            root = node_hash(peak, root)
        roots.append(root)
    return roots


class Checkpoint:
    def __init__(self, note):
        text, _, signatures = note.rpartition("\n\n")
        self.text = text + "\n"
        origin, size, root = text.split("\n")[:3]
        self.origin, self.size, self.root = origin, int(size), base64.b64decode(root)
        self.signatures = [line.split(" ") for line in signatures.strip().split("\n")]


class Checker:
    def __init__(self, directory):
        identity = json.loads((pathlib.Path(directory) / "identity.json").read_text())
        self.spki = base64.b64decode(identity["publicKey"])
        self.origin = identity["origin"]
        self.answers = {}      # index: (entry bytes, proof, size, root)
        self.checkpoints = {}  # size: root
        self.problems = []
        self.notes = {}        # text: checkpoint

    def note(self, text):
        checkpoint = Checkpoint(text)
        if checkpoint.origin != self.origin:
            self.problems.append(f"origin is {checkpoint.origin}")
        known = self.checkpoints.setdefault(checkpoint.size, checkpoint.root)
        if known != checkpoint.root:
            self.problems.append(f"two roots for size {checkpoint.size}")
        self.notes.setdefault(text, checkpoint)
        return checkpoint

    def check_signatures(self):
        """Of every note that was handed out; returns how many there were."""
        notes = list(self.notes.values())
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for checkpoint, good in zip(notes, pool.map(self.signed, notes)):
                if not good:
                    self.problems.append(
                        f"checkpoint of size {checkpoint.size} is not signed by the log")
        return len(notes)

    def signed(self, checkpoint):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            pem = base64.encodebytes(self.spki).decode()
            (folder / "key").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n")
            (folder / "text").write_text(checkpoint.text)
            for _, name, signature in checkpoint.signatures:
                if name != self.origin:
                    continue
                (folder / "sig").write_bytes(base64.b64decode(signature)[4:])
                run = subprocess.run(
                    ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / "key", "-rawin",
                     "-in", folder / "text", "-sigfile", folder / "sig"],
                    capture_output=True, check=False)
                if run.returncode == 0:
                    return True
        return False

    def answer(self, answer):
        """One 201 answer: its proof must lead from its entry to its checkpoint's root."""
        entry = base64.b64decode(answer["canonicalizedBody"])
        proof = answer["inclusionProof"]
        checkpoint = self.note(proof["checkpoint"]["envelope"])
        index = int(answer["logIndex"])
        hashes = [base64.b64decode(h) for h in proof["hashes"]]
        if root_from_proof(index, checkpoint.size, leaf_hash(entry), hashes) != checkpoint.root:
            self.problems.append(f"proof of entry {index} does not lead to its checkpoint")
        before = self.answers.setdefault(index, entry)
        if before != entry:
            self.problems.append(f"index {index} was given to two entries")
        return index

    def finish(self, url):
        """Everything acknowledged must be there, and every checkpoint must be a beginning of it."""
        with urllib.request.urlopen(url + "/checkpoint", timeout=10) as got:
            head = self.note(got.read().decode())
        entries = read_entries(url, head.size)
        for index, entry in self.answers.items():
            if index >= len(entries) or entries[index] != entry:
                self.problems.append(f"acknowledged entry {index} is not in the log")
        roots = roots_of(entries)
        for size, root in self.checkpoints.items():
            if size > len(roots) or (size > 0 and roots[size - 1] != root):
                self.problems.append(f"checkpoint of size {size} is contradicted")
        self.check_signatures()
        return head.size


def tile_path(number):
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03d}")
    return "/".join(parts)


def read_entries(url, size):
    entries = []
    for tile in range((size + 255) // 256):
        width = min(256, size - tile * 256)
        path = f"{url}/tile/entries/{tile_path(tile)}" + ("" if width == 256 else f".p/{width}")
        with urllib.request.urlopen(path, timeout=10) as got:
            data = got.read()
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2:2 + length])
            data = data[2 + length:]
    return entries
