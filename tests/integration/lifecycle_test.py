"""Starting, stopping, killing and starting again: what `mayfly up` leaves behind and keeps.
TAP on standard output."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from instance_support import (BIN, Bench, MAYFLY, PRIVATE, SECONDS, end,  # noqa: E402
                              free_port_base, run_tests, wait_until)
from log_checker import Checker  # noqa: E402

STOP_SECONDS = 10


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def children_of(pid):
    """Every process below one, as Linux tells."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rsplit(")", 1)[1].split()[1] == str(pid):
                child = int(stat.parent.name)
                found += [child, *children_of(child)]
    return found


def facts_file(bench):
    return bench.instance.folder / "instance.json"


def test_a_second_up_is_refused_and_named(bench):
    folder = bench.instance.folder
    said = bench.run("up", "--dir", folder, "--port-base", free_port_base())
    said.expect(3, str(folder), "running already", str(bench.instance.process.pid), "mayfly down")
    bench.run("up", "--dir", folder, "--detach").expect(3, "running already")
    assert bench.instance.running() and facts_file(bench).exists()


def test_a_port_in_use_is_named(bench):
    base = free_port_base()
    with socket.create_server(("127.0.0.1", base + 1)):
        for detach in ([], ["--detach"]):
            said = bench.run("up", "--dir", "other", "--port-base", base, *detach)
            said.expect(3, str(base + 1), "in use", "--port-base")
            assert not (bench.folder / "other" / "up.json").exists(), "remembered though refused"
    assert not (bench.folder / "other" / "instance.json").exists()


def test_options_of_up(bench):
    for value in ("0", "70000", "65535", "-5", "80x", ""):
        said = bench.run("up", "--dir", "never", "--port-base", value)
        assert said.status in (2, 3) and "port" in said.err, said
    file = bench.file("a-file", "x")
    said = bench.run("up", "--dir", file, "--port-base", free_port_base())
    assert said.status == 3 and "a-file" in said.err, said
    full = bench.folder / "not-ours"
    full.mkdir()
    (full / "precious").write_text("keep")
    said = bench.run("up", "--dir", full, "--port-base", free_port_base(), "--detach")
    if said.status == 0:  # it may share a folder, but it takes nothing away
        bench.run("down", "--dir", full).expect(0)
    assert (full / "precious").read_text() == "keep"


def test_secrets_are_for_their_owner_alone(bench):
    for path in bench.instance.folder.rglob("*"):
        if path.suffix in (".key", ".secret") or path.name == "key.pem" or (
                path.suffix == ".pem" and b"PRIVATE" in path.read_bytes()):
            assert path.stat().st_mode & 0o077 == 0, f"{path}: {path.stat().st_mode:o}"


def test_a_killed_service_is_started_again(bench):
    services = [pid for pid in children_of(bench.instance.process.pid)
                if name_of(pid) == "mayfly-log"]
    assert services, "no service found below `mayfly up`"
    os.kill(services[0], signal.SIGKILL)
    wait_until("the service is gone", STOP_SECONDS, lambda: not is_alive(services[0]))
    path = bench.file("after-restart", "after restart")
    wait_until("signing works again", SECONDS, lambda: bench.sign(path).status == 0)
    bench.verify(path).expect(0)


def test_sigterm_stops_it_soon(bench):
    below = children_of(bench.instance.process.pid)
    start = time.monotonic()
    problem = bench.instance.stop()
    assert not problem, problem
    assert time.monotonic() - start < STOP_SECONDS
    assert not facts_file(bench).exists(), "instance.json is still there"
    assert not [pid for pid in below if is_alive(pid)], "services outlive `mayfly up`"


def test_signing_without_services(bench):
    bench.run("status", "--dir", bench.instance.folder).expect(4, str(bench.instance.folder))
    path = bench.file("no-services", "no services")
    token = bench.file("unused.jwt", bench.old_token)
    start = time.monotonic()
    files = ["--signing-config", bench.instance.signing_config,
             "--trusted-root", bench.instance.trusted_root]
    bench.run("sign", *files, "--identity-token", token, path).expect(4, "no-services")
    assert time.monotonic() - start < SECONDS / 2
    assert not pathlib.Path(f"{path}.sigstore.json").exists()
    for given in ([], ["--identity-token", token]):
        bench.sign(*given, path).expect(3, str(facts_file(bench)), "No such file",
                                        f"mayfly up --dir {bench.instance.folder}")
    assert not pathlib.Path(f"{path}.sigstore.json").exists()


def test_verification_needs_no_service(bench):
    bench.run("verify", "--trusted-root", bench.instance.trusted_root, *bench.who,
              bench.first).expect(0, "verified")


def tree_of(bench, bundle):
    """What a bundle keeps of the log, in the form of the answer that it came from."""
    return json.loads(bundle.read_text())["verificationMaterial"]["tlogEntries"][0]


def restart(bench):
    """On the folder alone: it knows its ports, which are in the names that it signed."""
    out = open(bench.instance.log, "ab")
    with out:
        bench.instance.process = subprocess.Popen(
            [MAYFLY, "up", "--dir", bench.instance.folder], stdin=subprocess.DEVNULL, stdout=out,
            stderr=out, start_new_session=True)
    pid = bench.instance.process.pid

    def is_ready():
        assert bench.instance.running(), bench.instance.tail()
        state = bench.run("status", "--dir", bench.instance.folder, "--json")
        return state.status == 0 and json.loads(state.out)["process"] == pid

    wait_until("ready again", SECONDS, is_ready)


def test_it_starts_again_on_its_data(bench):
    restart(bench)
    bench.verify(bench.first).expect(0, "verified")
    assert json.loads(facts_file(bench).read_text()) == bench.instance.facts


def test_it_survives_sigkill_with_its_log(bench):
    """Whoever kept an answer finds the same log after each kill, and a longer one."""
    checker = Checker(bench.instance.folder / "log")
    for life in range(3):
        for number in range(3):
            _, bundle = bench.signed(f"life-{life}-{number}", f"life {life}, file {number}")
            checker.answer(tree_of(bench, bundle))
        below = children_of(bench.instance.process.pid)
        end(bench.instance.process)
        wait_until("the services follow their parent", STOP_SECONDS,
                   lambda: not [pid for pid in below if is_alive(pid)])
        restart(bench)
        bench.verify(bench.first).expect(0, "verified")
    size = checker.finish(bench.instance.facts["rekor"])
    assert not checker.problems, "\n".join(checker.problems[:10])
    assert size >= 9, size
    bench.verify(*[bench.folder / f"life-{life}-{n}" for life in range(3)
                   for n in range(3)]).expect(0)


def test_another_instance_trusts_nothing_of_this(bench):
    other = bench.up("second")
    try:
        bench.run("verify", "--instance", other.folder, *bench.who, bench.first).expect(1, "first")
    finally:
        problem = other.stop()
    assert not problem, problem


def swap_logs(folder):
    (folder / "log").rename(folder / "between")
    (folder / "ct").rename(folder / "log")
    (folder / "between").rename(folder / "ct")


def test_parts_of_another_instance_are_refused(bench):
    """Its log, its CT log, its authorities; and a part that is gone is not made anew."""
    at = [bench.folder / name for name in ("mine", "theirs")]
    for folder in at:
        bench.run("up", "--dir", folder, "--port-base", free_port_base(), "--detach").expect(0)
        bench.run("down", "--dir", folder).expect(0)
    for part in ("log", "ct", "ca"):
        own, aside = at[0] / part, at[0] / f"{part}.aside"
        own.rename(aside)
        for detach in ([], ["--detach"]):
            bench.run("up", "--dir", at[0], *detach).expect(3, f"mine/{part}", "No such file",
                                                            "put back")
        assert not own.exists(), f"{part} was made anew"
        shutil.copytree(at[1] / part, own)
        for detach in ([], ["--detach"]):
            bench.run("up", "--dir", at[0], *detach).expect(3, f"mine/{part}",
                                                            "not of this instance", "put back")
        shutil.rmtree(own)
        aside.rename(own)
    root = at[0] / "trusted_root.json"
    root.rename(at[0] / "kept.json")
    root.symlink_to("nowhere.json")  # it is there, and cannot be read: nothing is begun anew
    for detach in ([], ["--detach"]):
        bench.run("up", "--dir", at[0], *detach).expect(6, "trusted_root.json", "No such file",
                                                        "put back")
    root.unlink()
    swap_logs(at[0])  # what no trusted root tells apart
    for detach in ([], ["--detach"]):
        bench.run("up", "--dir", at[0], *detach).expect(3, "mine/ct/identity.json",
                                                        "type is 'entries', not ct")
    swap_logs(at[0])
    (at[0] / "kept.json").rename(root)
    bench.run("up", "--dir", at[0], "--detach").expect(0)
    bench.run("down", "--dir", at[0]).expect(0)


def test_detached_up_and_down(bench):
    folder = bench.folder / "detached"
    at = ["--dir", folder]
    bench.run("up", *at, "--port-base", free_port_base(), "--detach").expect(0, "mayfly is up")
    try:
        state = json.loads(bench.run("status", *at, "--json").expect(0).out)
        rekor = json.loads((folder / "instance.json").read_text())["rekor"]
        with urllib.request.urlopen(f"{rekor}/checkpoint", timeout=SECONDS) as answer:
            assert answer.status == 200
        bench.run("sign", "--instance", folder, bench.file("by-detached", "x")).expect(0)
    finally:
        down = bench.run("down", *at)
    down.expect(0, "stopped")
    assert not is_alive(state["process"]) and not (folder / "instance.json").exists()
    bench.run("down", *at).expect(3, "detached")


def test_a_service_that_does_not_start_says_why(bench):
    folder = bench.folder / "mute"
    at = ["--dir", folder]
    bench.run("up", *at, "--port-base", free_port_base(), "--detach").expect(0)
    bench.run("down", *at).expect(0)
    key = folder / "ca" / "ca.key"
    key.chmod(0o644)
    for detach in ([], ["--detach"]):
        said = bench.run("up", *at, *detach)
        said.expect(3, "mayfly: mayfly-ca: ended with status 3: ", str(key), "others than its owner",
                    f"read why in {folder}/services.log")
        assert said.err.count("\n") == 1, said
    key.chmod(0o600)
    base = json.loads((folder / "up.json").read_text())["port_base"]
    # A port that is taken after it was looked at.
    gates = [bench.folder / name for name in ("begins", "goes-on")]
    for gate in gates:
        os.mkfifo(gate)
    waits = programs_with_log(bench, "waits", f'echo > {gates[0]}; read -r _ < {gates[1]}\n'
                                              f'exec {BIN}/mayfly-log "$@"')
    for detach in ([], ["--detach"]):
        taker = Taker(base, *gates)
        bench.run("up", *at, *detach, env=waits).expect(3, "mayfly-ca: ended with status 3: ",
                                                        f"port {base}", "in use")
        taker.end()
    dies = programs_with_log(bench, "dies", "kill -9 $$")
    for detach in ([], ["--detach"]):
        bench.run("up", *at, *detach, env=dies).expect(4, "mayfly-log: ended with status 137")
    bench.run("up", *at, "--detach").expect(0)
    bench.run("down", *at).expect(0)


class Taker:
    """Takes a port when the first gate is written to, and then opens the second."""

    def __init__(self, port, begins, goes_on):
        self.held = None
        self.thread = threading.Thread(target=self._take, args=[port, begins, goes_on], daemon=True)
        self.thread.start()

    def _take(self, port, begins, goes_on):
        begins.read_text()
        self.held = socket.create_server(("127.0.0.1", port))
        goes_on.write_text("x\n")

    def end(self):
        self.thread.join(SECONDS)
        self.held.close()


def programs_with_log(bench, name, serve):
    """A folder in which mayfly-log is a script that does this to serve."""
    folder = bench.folder / f"programs-{name}"
    folder.mkdir()
    script = folder / "mayfly-log"
    script.write_text(f'#!/bin/sh\n[ "$1" = serve ] || exec {BIN}/mayfly-log "$@"\n{serve}\n')
    script.chmod(0o755)
    return {"MAYFLY_BIN_DIR": str(folder)}


def test_a_start_that_hangs_can_be_stopped(bench):
    folder = bench.folder / "hangs"
    hangs = programs_with_log(bench, "hangs", "exec sleep 600")
    with open(bench.folder / "hangs.log", "ab") as out:
        process = subprocess.Popen(
            [MAYFLY, "up", "--dir", folder, "--port-base", str(free_port_base())],
            env={**PRIVATE, **hangs}, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    wait_until("it waits for the log", SECONDS, lambda: process.poll() is not None or [
        pid for pid in children_of(process.pid) if name_of(pid) == "sleep"])
    start = time.monotonic()
    bench.run("down", "--dir", folder).expect(0, "stopped")
    assert process.wait(SECONDS) == 0 and time.monotonic() - start < STOP_SECONDS
    assert "mayfly:" not in (bench.folder / "hangs.log").read_text()


def test_the_default_folder(bench):
    """Without --dir and --instance, every verb finds the same instance."""
    bench.run("up", "--port-base", free_port_base(), "--detach").expect(0)
    try:
        path = bench.file("by-default", "by default")
        bench.run("status").expect(0, "running")
        bench.run("token").expect(0, "issuer")
        bench.run("sign", path).expect(0, "signed")
        facts = json.loads((bench.home / "mayfly" / "instance.json").read_text())
        bench.run("verify", "--identity", facts["identity"], "--issuer", facts["issuer"],
                  path).expect(0, "verified")
    finally:
        bench.run("down").expect(0, "stopped")


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    bench = Bench()
    try:
        bench.up()
        bench.first, _ = bench.signed("first", "first")
        bench.old_token = bench.run("token", *bench.at, "--raw").expect(0).out.strip()
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
