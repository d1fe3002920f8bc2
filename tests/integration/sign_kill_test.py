"""SIGKILL to each process of an instance, and to `mayfly up` itself, while files are being signed.
TAP on standard output."""

import concurrent.futures
import pathlib
import shutil
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lifecycle_test as life  # noqa: E402
from instance_support import Bench, end, run_tests, wait_until  # noqa: E402

THREADS = 3
BEFORE = 2  # bundles that are there when the process is killed


def signing(bench, name, kill):
    """Signs in several processes until after the kill; then all of it can be signed."""
    paths = [bench.file(f"{name}-{n}", f"{name} {n}") for n in range(12)]
    some_are_there = threading.Semaphore(0)

    def one(path):
        said = bench.sign("--timeout", "5", "--identity-token", bench.token, path)
        some_are_there.release()
        there = pathlib.Path(f"{path}.sigstore.json").exists()
        assert said.status in (0, 4) and there == (said.status == 0), said
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        tasks = [pool.submit(one, path) for path in paths]
        for _ in range(BEFORE):
            assert some_are_there.acquire(timeout=life.SECONDS)
        kill()
        for task in tasks:
            task.result()
    wait_until("it signs again", life.SECONDS, lambda: bench.sign(*paths).status == 0)
    bench.verify(*paths).expect(0, "verified")
    assert not [p.name for p in bench.folder.iterdir() if ".tmp-" in p.name]
    for path in paths:
        bench.checker.answer(life.tree_of(bench, pathlib.Path(f"{path}.sigstore.json")))


def named(bench, name):
    found = [pid for pid in life.children_of(bench.instance.process.pid)
             if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name]
    assert found, f"no {name} below mayfly up"
    return found


def test_each_process_is_killed_while_files_are_signed(bench):
    for name in ("mayfly-log", "mayfly-ca", "mayfly-signer"):
        pid = named(bench, name)[0]
        signing(bench, name, lambda pid=pid: life.os.kill(pid, life.signal.SIGKILL))


def test_mayfly_up_is_killed_while_files_are_signed(bench):
    def kill():
        below = life.children_of(bench.instance.process.pid)
        end(bench.instance.process)
        wait_until("the services follow", life.STOP_SECONDS,
                   lambda: not [pid for pid in below if life.is_alive(pid)])
        life.restart(bench)
    signing(bench, "up", kill)


def test_every_entry_is_in_the_log(bench):
    """As who kept each answer sees it, checkpoints included."""
    problem = bench.instance.stop()  # which publishes all of it
    assert not problem, problem
    life.restart(bench)
    bench.checker.finish(bench.instance.facts["rekor"])
    assert not bench.checker.problems, "\n".join(bench.checker.problems[:10])


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    bench = Bench()
    try:
        bench.up()
        bench.checker = life.Checker(bench.instance.folder / "log")
        bench.token = bench.file("token.jwt", bench.run("token", *bench.at, "--raw").expect(0).out)
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
