"""A private instance as its users meet it: from nothing to a verified signature, whole processes of
`mayfly sign` and `mayfly verify`, certificates and timestamps a second, memory and sizes."""

import base64
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from ports import free_ports  # noqa: E402

BIN = pathlib.Path(os.environ["MAYFLY_BIN"])
IDENTITY = "dev@mayfly.internal"
PROGRAMS = ("mayfly", "mayfly-log", "mayfly-ca", "mayfly-signer")
SIGNINGS, VERIFICATIONS, FILES = 30, 50, 1000


def run(*command, data=None):
    done = subprocess.run([str(part) for part in command], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr.decode()}")
    return done.stdout


def timed(*command):
    """Milliseconds of a whole process."""
    command = [str(part) for part in command]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return (time.perf_counter() - start) * 1000


def show(what, times, peer=None):
    ratio = f"  x{statistics.median(times) / statistics.median(peer):.2f}" if peer else ""
    print(f"{what:44} {statistics.median(times):9.2f} ms  worst {max(times):8.2f}{ratio}", flush=True)


def descendants(pid):
    """The process and all that it started."""
    children = [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()]
    return [pid] + [below for child in children for below in descendants(child)]


def pss_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


class Instance:
    def __init__(self, folder):
        self.folder = folder / "instance"
        self.port = free_ports(8)
        said = run(BIN / "mayfly", "up", "--detach", "--port-base", self.port, "--dir", self.folder)
        self.pid = int(said.decode().split("(process ")[1].split(")")[0])

    def stop(self):
        run(BIN / "mayfly", "down", "--dir", self.folder)

    def sign(self, *files):
        return [BIN / "mayfly", "sign", "--quiet", "--overwrite", "--instance", self.folder, *files]

    def verify(self, file):
        return [BIN / "mayfly", "verify", "--quiet", "--instance", self.folder,
                "--identity", IDENTITY, "--issuer", f"http://127.0.0.1:{self.port + 3}", file]

    def token(self):
        return run(BIN / "mayfly", "token", "--raw", "--instance", self.folder).decode().strip()


def issuance_request(instance, folder):
    key, token = folder / "client.pem", instance.token()
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    public = run("openssl", "pkey", "-in", key, "-pubout").decode()
    proof = run("openssl", "dgst", "-sha256", "-sign", key, data=IDENTITY.encode())
    path = folder / "issue.json"
    path.write_text(json.dumps({
        "credentials": {"oidcIdentityToken": token},
        "publicKeyRequest": {"publicKey": {"algorithm": "ECDSA", "content": public},
                             "proofOfPossession": base64.b64encode(proof).decode()}}))
    return path


def query(folder, file):
    path = folder / "query.tsq"
    run("openssl", "ts", "-query", "-data", file, "-sha256", "-cert", "-out", path)
    return path


def rates(instance, folder, file):
    post = pathlib.Path(sys.argv[1])
    services = json.loads((instance.folder / "signing_config.json").read_text())
    ca, tsa = services["caUrls"][0]["url"], services["tsaUrls"][0]["url"]
    loads = (
        (ca, "/api/v2/signingCert", "application/json", issuance_request(instance, folder),
         "certificates (CT entry durable, SCT, audit)"),
        (tsa, "/api/v1/timestamp", "application/timestamp-query", query(folder, file), "timestamps"),
    )
    for url, path, kind, body, what in loads:
        port = url.split(":")[2].split("/")[0]
        status = 200
        for connections in (1, 16, 64):
            print(run(post, port, path, kind, body, status, what, connections).decode(), end="",
                  flush=True)


def sizes(folder):
    for name in PROGRAMS:
        run("strip", "-o", folder / name, BIN / name)
        print(f"{name + ', stripped':44} {(folder / name).stat().st_size / 1024:9.0f} KiB")


def whole_processes(instance, folder, file):
    spawn = [timed("/bin/true") for _ in range(VERIFICATIONS)]
    crypto = [timed("openssl", "version") for _ in range(VERIFICATIONS)]
    show("/bin/true", spawn)
    show("openssl version", crypto)
    show("mayfly verify (x openssl version)",
         [timed(*instance.verify(file)) for _ in range(VERIFICATIONS)], crypto)
    show("mayfly sign, one file (x openssl version)",
         [timed(*instance.sign(file)) for _ in range(SIGNINGS)], crypto)
    many = [folder / f"artifact-{n}" for n in range(FILES)]
    for path in many:
        path.write_text(f"{path.name}\n")
    show(f"mayfly sign, {FILES} files in one run", [timed(*instance.sign(*many))])


def main():
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as name:
        folder = pathlib.Path(name)
        file = folder / "tool.txt"
        file.write_text("the first release\n")
        start = time.perf_counter()
        instance = Instance(folder)
        try:
            run(*instance.sign(file))
            run(*instance.verify(file))
            show("nothing to first verified signature", [(time.perf_counter() - start) * 1000])
            processes = descendants(instance.pid)
            print(f"{'PSS of ' + str(len(processes)) + ' processes, fresh':44} "
                  f"{sum(map(pss_kb, processes)) / 1024:9.1f} MiB")
            whole_processes(instance, folder, file)
            rates(instance, folder, file)
            print(f"{'PSS of all processes, afterwards':44} "
                  f"{sum(map(pss_kb, processes)) / 1024:9.1f} MiB")
            sizes(folder)
        finally:
            instance.stop()


if __name__ == "__main__":
    sys.exit(main())
