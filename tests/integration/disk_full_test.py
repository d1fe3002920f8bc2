"""A disk that is full: under the bundle, under a new instance, under a running one. In a mount
namespace of its own, so that nothing stays behind. TAP on standard output."""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import Bench, Skipped, free_port_base, run_tests, wait_until  # noqa: E402

INSIDE = "MAYFLY_TEST_NAMESPACE"
RUNNING = 400 * 1000 * 1000  # bytes: more than an instance takes from the start
TRIES = 60  # signatures until the last blocks of files that are there are full


def small_disk(folder, size):
    if INSIDE not in os.environ:
        raise Skipped("only root can mount a disk for a test, in a namespace of its own")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True,
                   capture_output=True)
    return folder


def resize(folder, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True, capture_output=True)


def fill(folder):
    """Whatever is left goes into one file."""
    path = folder / "ballast"
    with open(path, "wb", buffering=0) as ballast:
        for block in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    ballast.write(bytes(block))
            except OSError as problem:
                assert problem.errno == errno.ENOSPC, problem
    return path


def test_a_disk_that_cannot_take_the_bundle(bench):
    disk = small_disk(bench.folder / "bundles", 64 * 1024)
    path = bench.file("artifact", "artifact")
    old = disk / "old.json"
    old.write_text('{"old": "bundle"}')
    ballast = fill(disk)
    for args in (["--bundle", disk / "new.json"], ["--overwrite", "--bundle", old]):
        said = bench.sign(*args, path).expect(3, str(args[-1]), "No space left on device")
        assert "artifact: not signed" in said.err and not said.out, said
    assert sorted(p.name for p in disk.iterdir()) == ["ballast", "old.json"], list(disk.iterdir())
    assert old.read_text() == '{"old": "bundle"}'
    ballast.unlink()
    for name in ("new.json", "old.json"):
        bench.sign("--overwrite", "--bundle", disk / name, path).expect(0, "signed")
        bench.verify("--bundle", disk / name, path).expect(0, "verified")


def test_a_disk_that_cannot_take_a_new_instance(bench):
    """It is not begun, with or without --detach; once there is space, the same folder works."""
    for size in (16 * 1024, 40 << 20):
        disk = small_disk(bench.folder / f"new-{size}", size)
        base = free_port_base()
        args = ["--dir", disk / "inst", "--port-base", base]
        for more in ([], ["--detach"]):
            bench.run("up", *args, *more).expect(3, str(disk), "No space left on device", "--dir")
        assert not list((disk / "inst").iterdir()), "it was begun"
        resize(disk, RUNNING)
        bench.run("up", *args, "--detach").expect(0, "mayfly is up")
        try:
            path = bench.file(f"on-{size}", "x")
            bench.run("sign", "--instance", disk / "inst", path).expect(0, "signed")
            left = [p.name for p in disk.rglob("*.tmp-*")]
            assert not left, left
        finally:
            bench.run("down", "--dir", disk / "inst").expect(0)


def test_a_disk_that_fills_up_under_an_instance(bench):
    disk = small_disk(bench.folder / "running", RUNNING)
    other = bench.up("running/inst")
    at = ["--instance", other.folder]
    try:
        signed = []
        paths = [bench.file(f"full-{n}", f"full {n}") for n in range(TRIES)]
        ballast = fill(disk)
        refused = None
        for path in paths:
            said = bench.run("sign", "--timeout", "3", *at, path)
            if said.status != 0:
                refused = said
                break
            signed.append(path)
        assert refused is not None, f"{TRIES} signatures on a full disk"
        refused.expect(4, "answered 503", "try again")
        assert not pathlib.Path(f"{paths[len(signed)]}.sigstore.json").exists()
        state = json.loads(bench.run("status", "--dir", other.folder, "--json").expect(4).out)
        assert state["running"] and not state["services"]["rekor"], state
        ballast.unlink()
        wait_until("it signs again", 30,
                   lambda: bench.run("sign", *at, paths[len(signed)]).status == 0)
        signed.append(paths[len(signed)])
        wait_until("all is well", 30,
                   lambda: bench.run("status", "--dir", other.folder).status == 0)
        assert other.running(), other.tail()
    finally:
        problem = other.stop()
    assert not problem, problem
    again_on_its_data(bench, other, signed)


def again_on_its_data(bench, other, signed):
    bench.run("up", "--dir", other.folder, "--detach").expect(0, "mayfly is up")
    try:
        path = bench.file("after-full", "after")
        bench.run("sign", "--instance", other.folder, path).expect(0, "signed")
        bench.run("verify", "--instance", other.folder, "--identity", other.facts["identity"],
                  "--issuer", other.facts["issuer"], *signed,
                  path).expect(0, "verified")
    finally:
        bench.run("down", "--dir", other.folder).expect(0)


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    if os.geteuid() == 0 and INSIDE not in os.environ:
        probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
        if probe.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable,
                                  *sys.argv])
    bench = Bench()
    try:
        bench.up()
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        for folder in bench.folder.iterdir():
            if folder.is_mount():
                subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
