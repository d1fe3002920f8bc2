"""A whole instance for the tests here: `mayfly` run with a time limit, and its rows of refusals."""

import contextlib
import hashlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

for room in ("interop", "support"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / room))
from conformance_cases import fixtures_root  # noqa: E402
from instance import Instance, free_port_base  # noqa: E402, F401
from tap import Skipped, run_tests  # noqa: E402, F401

CONFORMANCE = fixtures_root().resolve() / "conformance"
BIN = pathlib.Path(os.environ.get("MAYFLY_BIN", "build/bin")).resolve()
MAYFLY = BIN / "mayfly"
SECONDS = 120  # a machine that does much else takes its time
# Nothing that these tests look at belongs to the user who runs them.
PRIVATE = {name: value for name, value in os.environ.items()
           if not name.startswith(("MAYFLY_", "SIGSTORE_", "ACTIONS_", "GITHUB_"))}


class Result:
    def __init__(self, argv, process, memory_kb):
        self.argv = [str(arg) for arg in argv]
        self.status = process.returncode
        self.out, self.err = process.stdout, process.stderr
        self.memory_kb = memory_kb

    def __str__(self):
        return f"status {self.status}: {' '.join(self.argv)}\n{self.out}{self.err}"

    def expect(self, status, *texts):
        """Ends as it should, says each of these, and an error is never silent."""
        assert self.status == status, f"expected {status}, {self}"
        for text in texts:
            assert text in self.out + self.err, f"expected {text!r}, {self}"
        if status != 0 and "--json" not in self.argv:
            assert "mayfly:" in self.err, f"no message: {self}"
        return self


class Bench:
    """One instance in a temporary folder, with the files that tests sign beside it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-job-"))
        self.home = self.folder / "home"
        self.home.mkdir()
        self.instance = None

    def run(self, *args, env=None, data=None, user=None, program=None):
        """`mayfly ARGS`, in the folder; standard input is `data` or nothing; as a user by number,
        who has no groups."""
        environment = {**PRIVATE, "HOME": str(self.home), "XDG_STATE_HOME": str(self.home),
                       **(env or {})}
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        argv = [str(program or MAYFLY), *map(str, args)]
        process = subprocess.run(argv, capture_output=True, text=True, errors="replace",
                                 cwd=self.folder, env=environment, timeout=SECONDS, user=user,
                                 extra_groups=None if user is None else [],
                                 **({"input": data} if data is not None
                                    else {"stdin": subprocess.DEVNULL}))
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return Result(["mayfly", *args], process, max(before, after))

    def up(self, name="inst"):
        """A started instance; the one of this bench when it is the first."""
        instance = Instance(MAYFLY, self.folder / name, self.folder / f"{name}.log")
        instance.start()
        if self.instance is None:
            self.instance = instance
        return instance

    @property
    def at(self):
        return ["--instance", self.instance.folder]

    @property
    def who(self):
        facts = self.instance.facts
        return ["--identity", facts["identity"], "--issuer", facts["issuer"]]

    def sign(self, *args, **more):
        return self.run("sign", *self.at, *args, **more)

    def verify(self, *args, **more):
        return self.run("verify", *self.at, *self.who, *args, **more)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def signed(self, name, data):
        """A signed file and its bundle."""
        path = self.file(name, data)
        self.sign(path).expect(0, "signed")
        return path, pathlib.Path(f"{path}.sigstore.json")

    def close(self):
        if self.instance is not None and self.instance.running():
            self.instance.stop()


def run_module(namespace, up=True):
    """The tests of a module, in their order, on one bench; its status for sys.exit."""
    tests = [value for name, value in list(namespace.items()) if name.startswith("test_")]
    bench = Bench()
    try:
        if up:
            bench.up()
        return run_tests(tests, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def wait_until(what, seconds, true):
    """Bounded; for what no event tells of, as a file that goes or a process that is no child."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def end(process):
    """SIGKILL to a process that we started, and its status."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    return process.wait(SECONDS)
