"""`mayfly sign` with the CA, the log, the timestamp authority and the token issuer each in turn
down, slow, or answering what it should not, while the others are real. TAP on standard output."""

import concurrent.futures
import contextlib
import json
import pathlib
import shutil
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from faulty_service import FAULTS, SLOW, FaultyService, answer, forward, in_turn  # noqa: E402
from instance_support import Bench, run_tests  # noqa: E402
from sign_forgeries import FORGERIES, Forger  # noqa: E402

SOON = 1  # seconds given to mayfly sign, where nothing would come in any time
ENOUGH = 30  # for what comes, on a machine that is busy with the other cases
WORKERS = 16
OLD = b'{"old": "bundle"}\n'

# Service: its list in the signing configuration, its name in messages, the path of a request.
SERVICES = {
    "ca": ("caUrls", "certificate authority", "/api/v2/signingCert"),
    "log": ("rekorTlogUrls", "transparency log", "/api/v2/log/entries"),
    "tsa": ("tsaUrls", "timestamp authority", ""),
}


class Case:
    """One run of mayfly sign in a folder of its own: two files, one with an old bundle."""

    def __init__(self, bench, name):
        self.bench = bench
        self.folder = bench.folder / "cases" / name.replace(" ", "-").replace("/", "-")
        self.folder.mkdir(parents=True)
        self.files = [self.folder / "with-old", self.folder / "without"]
        for path in self.files:
            path.write_text(name)
        (self.folder / "with-old.sigstore.json").write_bytes(OLD)

    def config(self, service, url):
        config = json.loads(self.bench.instance.signing_config.read_text())
        config[SERVICES[service][0]][0]["url"] = url
        path = self.folder.with_suffix(".json")
        path.write_text(json.dumps(config))
        return ["--signing-config", path, "--trusted-root", self.bench.instance.trusted_root,
                "--identity-token", self.bench.token]

    def sign(self, *args, timeout=ENOUGH):
        began = time.monotonic()
        said = self.bench.run("sign", "--overwrite", "--timeout", timeout, *args, *self.files)
        took = time.monotonic() - began
        assert took < timeout + ENOUGH, f"took {took:.1f} s: {said}"
        return said

    def check_refused(self, said, status, *texts):
        said.expect(status, *texts)
        assert said.err.count("not signed: ") == 2 and not said.out, said
        assert "\x1b" not in said.err, "what a service says drives the terminal"
        self.check_untouched()

    def check_untouched(self):
        names = sorted(path.name for path in self.folder.iterdir())
        assert names == ["with-old", "with-old.sigstore.json", "without"], names
        assert (self.folder / "with-old.sigstore.json").read_bytes() == OLD

    def check_signed(self, said):
        said.expect(0, "signed")
        self.bench.verify(*self.files).expect(0, "verified")


def time_for(fault):
    return SOON if fault in {name for name, _, _ in SLOW} else ENOUGH


def together(rows):
    """Every case at once, and all that went wrong."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        tasks = [(name, pool.submit(function, *args)) for name, function, *args in rows]
        failures = [f"{name}: {task.exception()}" for name, task in tasks if task.exception()]
    assert not failures, f"{len(failures)} of {len(tasks)}\n" + "\n".join(failures)


def one_fault(bench, service, name, play, text):
    case = Case(bench, f"{service} {name}")
    texts = [text] if isinstance(text, str) else []
    with FaultyService(forbidden) as elsewhere, FaultyService(play, elsewhere.url) as faulty:
        said = case.sign(*case.config(service, faulty.url), timeout=time_for(name))
        case.check_refused(said, 4, SERVICES[service][1], faulty.url + SERVICES[service][2],
                           "try again", *texts)
        assert any(part in said.err for part in ([text] if texts else text)), said
        assert not elsewhere.hits, "it followed a redirect"
        assert faulty.hits, "it never asked"


def forbidden(service, connection, request):
    """Nobody may come here."""


def test_services_that_misbehave(bench):
    together((f"{service}, {name}", one_fault, bench, service, name, play, text)
             for service in SERVICES for name, play, text in FAULTS)


def test_services_that_are_down(bench):
    def down(service):
        case = Case(bench, f"{service} down")
        with contextlib.closing(socket.socket()) as bound:  # bound, so that nobody else takes it
            bound.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{bound.getsockname()[1]}"
            case.check_refused(case.sign(*case.config(service, url)), 4, SERVICES[service][1], url,
                               "cannot connect", "try again")
    together((service, down, service) for service in SERVICES)


def test_services_that_refuse(bench):
    """A refusal is an answer: it is not asked again, and the status says so."""
    def refusing(service, status):
        case = Case(bench, f"{service} {status}")
        body = json.dumps({"code": 3, "message": "not for you", "details": [{"reason": "WHY_NOT"}]})
        with FaultyService(answer(status, body)) as faulty:
            said = case.sign(*case.config(service, faulty.url))
            case.check_refused(said, 5, SERVICES[service][1], faulty.url, f"answered {status}",
                               "not for you", "WHY_NOT")
            assert len(faulty.hits) <= len(case.files), len(faulty.hits)
    together((f"{service} {status}", refusing, service, status)
             for service in SERVICES for status in (400, 403, 404))


def test_services_that_come_back(bench):
    """503 with Retry-After is asked again after that time, and then all is well."""
    def coming_back(service):
        case = Case(bench, f"{service} comes back")
        real = bench.real_url(service)
        busy = answer(503, headers=["Retry-After: 1"])
        with FaultyService(in_turn(busy, busy, forward(real))) as faulty:
            began = time.monotonic()
            case.check_signed(case.sign(*case.config(service, faulty.url), timeout=ENOUGH))
            assert time.monotonic() - began >= 1 and len(faulty.hits) >= 3, len(faulty.hits)
    together((service, coming_back, service) for service in SERVICES)


def test_a_right_answer_under_another_type(bench):
    """What is checked in full needs no label: a proxy that loses the content type does no harm."""
    def mislabelled(service):
        case = Case(bench, f"{service} mislabelled")
        real = bench.real_url(service)

        def play(faulty, connection, request):
            class Relabel:
                def sendall(self, data):
                    connection.sendall(data.replace(b"Content-Type: ", b"X-Type: ", 1))
            forward(real)(faulty, Relabel(), request)
        with FaultyService(play) as faulty:
            case.check_signed(case.sign(*case.config(service, faulty.url), timeout=ENOUGH))
    together((service, mislabelled, service) for service in SERVICES)


def test_services_that_answer_what_does_not_hold(bench):
    def forged(service, name, make, texts):
        case = Case(bench, f"{service} {name}")
        with FaultyService(make(bench.forger)) as faulty:
            said = case.sign(*case.config(service, faulty.url), timeout=ENOUGH)
            if texts is None:
                case.check_signed(said)
            else:
                case.check_refused(said, 4, SERVICES[service][1], faulty.url, *texts)
                assert "then try again" in said.err or "check that this" in said.err, said
    together((f"{service}, {name}", forged, service, name, make, texts)
             for service, name, make, texts in FORGERIES)


def test_an_issuer_that_misbehaves(bench):
    """The token comes from the instance's own issuer, which may be as wrong as any service."""
    def misbehaving(name, play, text):
        case = Case(bench, f"issuer {name}")
        with FaultyService(forbidden) as elsewhere, FaultyService(play, elsewhere.url) as faulty:
            folder = bench.instance_with(case.folder.with_suffix(".inst"), oidc=faulty.url)
            said = case.sign("--instance", folder, timeout=time_for(name))
            said.expect(4, "development issuer", f"{faulty.url}/token", "try again")
            assert not text or any(part in said.err
                                   for part in ([text] if isinstance(text, str) else text)), said
            case.check_untouched()
            assert not elsewhere.hits, "it followed a redirect"
    together((name, misbehaving, name, play, text) for name, play, text in FAULTS)


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]


class FaultBench(Bench):
    def real_url(self, service):
        config = json.loads(self.instance.signing_config.read_text())
        return config[SERVICES[service][0]][0]["url"]

    def instance_with(self, folder, **facts):
        """A copy of the instance's files with other facts: a client cannot tell the difference."""
        (folder / "ca").mkdir(parents=True)
        for name in ("trusted_root.json", "signing_config.json", "ca/dev-issuer.secret"):
            shutil.copy(self.instance.folder / name, folder / name)
        (folder / "instance.json").write_text(json.dumps({**self.instance.facts, "format": 1,
                                                          **facts}))
        return folder


def main():
    bench = FaultBench()
    try:
        bench.up()
        bench.token = bench.file("token.jwt", bench.run("token", *bench.at, "--raw").expect(0).out)
        bench.forger = Forger(bench)
        return run_tests(TESTS, bench)
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
