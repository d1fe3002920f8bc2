"""mayfly-log as a CT log in a folder of its own, for tests of the CA."""

import contextlib
import json
import pathlib
import socket
import subprocess
import time

import ca_support as support

START_SECONDS = 30
STOP_SECONDS = 20


class CtService:
    """The log takes certificates of one CA. It keeps its port and its data over a kill."""

    def __init__(self, programs, folder, roots):
        self.program = pathlib.Path(programs) / "mayfly-log"
        self.folder = pathlib.Path(folder)
        self.port = support.free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        subprocess.run([self.program, "init", "--type", "ct", "--origin", "ct.example.org",
                        "--directory", self.folder / "ctlog"], check=True, capture_output=True)
        identity = json.loads((self.folder / "ctlog" / "identity.json").read_text())
        self.public_key = identity["publicKey"]
        self.log_id = identity["logId"]
        self.config = self.folder / "log.json"
        self.config.write_text(json.dumps({"format": 1, "logs": [
            {"directory": "ctlog", "listen": f"127.0.0.1:{self.port}", "roots": str(roots)}]}))

    def start(self):
        with open(self.folder / "log.log", "ab") as out:
            self.process = subprocess.Popen([self.program, "serve", "--config", self.config],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), \
                    socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.01)
        raise RuntimeError("mayfly-log did not start:\n" + (self.folder / "log.log").read_text())

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)
        return self.process.returncode if self.process else None

    def checkpoint(self):
        answer = support.request(self.port, "GET", "/checkpoint")
        lines = answer.body.decode().split("\n")
        return int(lines[1])


def start_pair(programs, folder, **more):
    """A CA and the CT log that it stands on, both serving."""
    programs = pathlib.Path(programs)
    ca = support.Ca(programs / "mayfly-ca", folder, "http://127.0.0.1:1", "unset", **more)
    log = CtService(programs, folder, ca.chain_path()).start()
    ca.config["ct_log"] = {"url": log.url, "public_key": log.public_key}
    ca.write_config()
    return ca.start(), log
