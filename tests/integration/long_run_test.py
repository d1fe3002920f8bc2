"""Runs of `mayfly sign` that outlive a certificate, and a token. TAP on standard output."""

import json
import os
import pathlib
import shutil
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import Bench, run_tests  # noqa: E402
from token_refusal_test import Forger  # noqa: E402

FAST_CLOCK = pathlib.Path(os.environ.get("MAYFLY_FAST_CLOCK",
                                         "build/tests/integration/fast_clock.so")).resolve()
BATCH = 32  # MF_SIGNING_BATCH
FILES = 4 * BATCH
# A sanitizer's runtime wants to be the first library, and is not its library's concern here.
FAST = {"LD_PRELOAD": str(FAST_CLOCK), "ASAN_OPTIONS": "verify_asan_link_order=0"}


class Feed:
    """A token file that is replaced once the first batch is signed: the file that comes next is a pipe,
    whose reader has read the token long since."""

    def __init__(self, bench, name, files, tokens):
        self.path = bench.file(f"{name}.jwt", tokens[0])
        self.next = bench.file(f"{name}.next", tokens[1])
        self.gate = bench.folder / files[BATCH]
        self.content = self.gate.read_bytes()
        self.gate.unlink()
        os.mkfifo(self.gate)
        self.thread = threading.Thread(target=self._feed, daemon=True)
        self.thread.start()

    def _feed(self):
        with open(self.gate, "wb") as out:  # waits for the reader
            self.next.replace(self.path)
            out.write(self.content)

    def done(self):
        self.thread.join(10)
        assert not self.thread.is_alive(), "the second batch was never begun"
        self.gate.unlink()
        self.gate.write_bytes(self.content)


def files_of(bench, name):
    return [bench.file(f"{name}-{n}", f"{name} {n}").name for n in range(FILES)]


def bundle_of(bench, name):
    return bench.folder / f"{name}.sigstore.json"


def certificates_of(bench, names):
    materials = [json.loads(bundle_of(bench, name).read_text())["verificationMaterial"]
                 for name in names]
    return {material["certificate"]["rawBytes"] for material in materials}


def test_a_certificate_that_runs_out_is_followed_by_another(bench):
    files = files_of(bench, "long")
    bench.sign(*files, env=FAST).expect(0)
    assert len(certificates_of(bench, files)) == 2
    assert len(certificates_of(bench, files[:2 * BATCH])) == 1, "renewed long before its end"
    assert bench.verify(*files).expect(0).out.count(": verified ") == FILES


def test_one_certificate_serves_while_it_lives(bench):
    files = files_of(bench, "short")
    bench.sign(*files).expect(0)
    assert len(certificates_of(bench, files)) == 1


def test_a_token_file_is_read_again(bench):
    files = files_of(bench, "fed")
    feed = Feed(bench, "fed", files, [bench.forger.signed(), bench.forger.signed(jti="fresh")])
    bench.sign("--identity-token", feed.path, *files, env=FAST).expect(0)
    feed.done()
    assert len(certificates_of(bench, files)) == 2


def test_a_token_that_cannot_be_renewed_is_sent_again(bench):
    files = files_of(bench, "stream")
    bench.sign("--identity-token", "-", *files, env=FAST, data=bench.forger.signed()).expect(0)
    assert len(certificates_of(bench, files)) == 2
    # A pipe has a name, but gives its token once.
    files = files_of(bench, "piped")
    pipe = bench.folder / "piped.jwt"
    os.mkfifo(pipe)
    thread = threading.Thread(target=pipe.write_text, args=[bench.forger.signed()], daemon=True)
    thread.start()
    bench.sign("--identity-token", pipe, *files, env=FAST).expect(0)
    thread.join(10)
    assert len(certificates_of(bench, files)) == 2


def refused_later(bench, name, second, status, *texts):
    """The second token gets no certificate: the files of the first are signed, the rest named."""
    files = files_of(bench, name)
    feed = Feed(bench, name, files, [bench.forger.signed(), second])
    said = bench.sign("--quiet", "--identity-token", feed.path, *files, env=FAST).expect(status, *texts)
    feed.done()
    signed, left = files[:3 * BATCH], files[3 * BATCH:]
    assert all(bundle_of(bench, path).exists() for path in signed), said
    for path in left:
        assert not bundle_of(bench, path).exists(), path
        assert f"mayfly: {path}: not signed: " in said.err, path
    assert said.err.count("not signed") == len(left), said
    assert second not in said.err
    # What the message says to do.
    bench.sign(*files).expect(0, "signed already", f"{left[-1]}: signed ")


def test_files_left_by_a_token_that_ended_are_named(bench):
    ended = bench.forger.signed(exp=bench.forger.claims["iat"] - 3600,
                                iat=bench.forger.claims["iat"] - 7200,
                                nbf=bench.forger.claims["iat"] - 7200)
    refused_later(bench, "ended", ended, 5, "next certificate", "EXPIRED", "fresh token")


def test_a_token_of_another_identity_is_not_used(bench):
    other = bench.forger.signed(sub="eve@example.org", email="eve@example.org")
    refused_later(bench, "other", other, 5, "another identity", "fresh token")


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    bench = Bench()
    try:
        bench.up()
        bench.forger = Forger(bench)
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
