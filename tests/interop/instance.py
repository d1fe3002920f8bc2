"""A private instance for one run: `mayfly up` in its own folder, on ports of its own."""

import json
import pathlib
import signal
import subprocess
import sys
import time

import commands

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from ports import free_ports  # noqa: E402

READY_SECONDS = 120
STOP_SECONDS = 30
PORTS = 16  # more than any instance takes from its base
MEMBERS = ("fulcio", "rekor", "tsa", "ct", "oidc", "issuer", "audience", "identity")


def free_port_base():
    return free_ports(PORTS)


class InstanceError(Exception):
    """The instance did not come up, or went away, with what it said."""


class Instance:
    def __init__(self, mayfly, folder, log):
        self.mayfly = mayfly
        self.folder = pathlib.Path(folder)
        self.log = pathlib.Path(log)
        self.process = None
        self.facts = {}

    def start(self):
        argv = [str(self.mayfly), "up", "--dir", str(self.folder),
                "--port-base", str(free_port_base())]
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, start_new_session=True)
        self._wait_until_ready()
        self.facts = json.loads((self.folder / "instance.json").read_text())
        missing = [name for name in MEMBERS if not isinstance(self.facts.get(name), str)]
        if missing:
            raise InstanceError(f"instance.json has no text member {', '.join(missing)}")
        for name in ("trusted_root.json", "signing_config.json"):
            json.loads((self.folder / name).read_text())

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        # The file is the one signal that an instance gives; it appears complete, by rename.
        while not (self.folder / "instance.json").exists():
            if self.process.poll() is not None:
                raise InstanceError(f"`mayfly up` ended with {self.process.returncode}:\n"
                                    f"{self.tail()}")
            if time.monotonic() > deadline:
                raise InstanceError(f"not ready after {READY_SECONDS} s:\n{self.tail()}")
            time.sleep(0.02)

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """SIGTERM to the process we started. Returns "" or what was wrong with its end."""
        if self.process is None:
            return ""
        if self.process.poll() is not None:
            return f"it had ended before, with status {self.process.returncode}:\n{self.tail()}"
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            commands.kill_group(self.process)
            self.process.wait()
            return f"it did not end within {STOP_SECONDS} s of SIGTERM:\n{self.tail()}"
        return "" if status == 0 else f"exit status {status} after SIGTERM:\n{self.tail()}"

    @property
    def trusted_root(self):
        return self.folder / "trusted_root.json"

    @property
    def signing_config(self):
        return self.folder / "signing_config.json"
