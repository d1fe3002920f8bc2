"""What commands say when their output has nowhere to go: a full disk, or a reader that left.
TAP on standard output."""

import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import BIN, MAYFLY, PRIVATE, SECONDS, run_module  # noqa: E402

LOST = "standard output: cannot write"


def say(bench, out, *argv):
    """A program whose standard output is `out`: its status and what it says on the other."""
    environment = {**PRIVATE, "HOME": str(bench.home), "XDG_STATE_HOME": str(bench.home)}
    done = subprocess.run([str(arg) for arg in argv], stdin=subprocess.DEVNULL, stdout=out,
                          stderr=subprocess.PIPE, text=True, cwd=bench.folder, env=environment,
                          timeout=SECONDS)
    return done.returncode, done.stderr


def say_full(bench, *argv):
    with open("/dev/full", "wb") as full:
        return say(bench, full, *argv)


def say_unread(bench, *argv):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return say(bench, writer, *argv)
    finally:
        os.close(writer)


def printing(bench):
    """Each command that prints, in each form, and programs that print as they begin."""
    path, bundle = bench.signed("printed", "printed")
    inspect, verify = ["inspect", bundle], ["verify", *bench.at, *bench.who, path]
    sign, status = ["sign", *bench.at, path], ["status", "--dir", bench.instance.folder]
    verbs = [inspect, verify, sign, status, ["token", *bench.at], ["version"]]
    rows = [*verbs, *[[*verb, "--json"] for verb in (inspect, verify, sign, status, ["version"])],
            ["token", *bench.at, "--raw"], ["--version"], ["--help"], ["help"], ["sign", "-h"],
            *[["completion", shell] for shell in ("bash", "zsh", "fish")]]
    return [[MAYFLY, *row] for row in rows] + [
        [BIN / "mayfly-log", "--help"], [BIN / "mayfly-log", "--version"],
        [BIN / "mayfly-log", "init", "--help"], [BIN / "mayfly-ca", "--help"],
        [BIN / "mayfly-witness", "--help"], [BIN / "mayfly-witness", "init", "--help"],
        [BIN / "mayfly-log", "serve", "--config", bench.instance.folder / "log.json",
         "--check-config"]]


def test_a_full_disk_is_an_error(bench):
    for argv in printing(bench):
        status, said = say_full(bench, *argv)
        name = argv[0].name
        assert status == 3 and said.count("\n") == 1, (argv, status, said)
        assert f"{name}: {LOST}" in said, (argv, said)
        if "zsh" not in argv and "fish" not in argv and "bash" not in argv:
            assert "No space left on device" in said, (argv, said)


def test_a_reader_that_leaves_ends_it_as_sigpipe_does(bench):
    for argv in printing(bench):
        status, said = say_unread(bench, *argv)
        if "--raw" in argv:  # written past stdio, and who asks for a token should read it
            assert status == 3 and f"{LOST}: Broken pipe" in said, (argv, status, said)
        else:
            assert status == -signal.SIGPIPE and not said, (argv, status, said)


def test_the_work_is_finished_first(bench):
    """Bundles are written although nobody reads what is said of each."""
    files = [bench.file(f"unread-{n}-{'x' * 200}", f"unread {n}") for n in range(40)]
    status, said = say_unread(bench, MAYFLY, "sign", *bench.at, *files)
    assert status == -signal.SIGPIPE and not said, (status, said)
    assert bench.verify(*files).expect(0).out.count(": verified ") == len(files)


def test_a_status_that_says_more_stays(bench):
    path, _ = bench.signed("refused", "refused")
    path.write_text("changed")
    verify = [MAYFLY, "verify", *bench.at, *bench.who, path]
    for write in (say_full, say_unread):
        status, said = write(bench, *verify, "--json")
        assert status == 1, (status, said)
    status, said = say_full(bench, MAYFLY, "sign", *bench.at, "--json", bench.folder / "absent")
    assert status == 3 and LOST in said, (status, said)


if __name__ == "__main__":
    sys.exit(run_module(globals()))
