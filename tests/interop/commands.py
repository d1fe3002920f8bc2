"""Runs programs with a time limit and keeps what they said, one file per run."""

import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import time

SECONDS = 60
TAIL_LINES = 30


@dataclasses.dataclass(frozen=True)
class Result:
    argv: tuple
    status: int  # exit status; negative: killed by that signal
    stdout: str
    stderr: str
    timed_out: bool
    log: pathlib.Path

    @property
    def ok(self):
        return self.status == 0 and not self.timed_out

    @property
    def crashed(self):
        """A signal, a shell's report of one, or the status our programs keep for bugs."""
        return self.status < 0 or self.status >= 128 or self.status == 70

    @property
    def text(self):
        return self.stdout + self.stderr

    def describe(self):
        how = "no end in time" if self.timed_out else f"exit status {self.status}"
        tail = "\n".join(self.text.splitlines()[-TAIL_LINES:])
        return f"{how}: {' '.join(self.argv)}\nfull log: {self.log}\n{tail}"


class Runner:
    """Numbers its runs, so that the log folder reads in the order of the suite."""

    def __init__(self, logs):
        self.logs = pathlib.Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def log_path(self, label):
        self.count += 1
        return self.logs / f"{self.count:03d}-{re.sub(r'[^A-Za-z0-9.-]+', '-', label)}.log"

    def run(self, label, argv, env=None, cwd=None, seconds=SECONDS):
        argv = tuple(map(str, argv))
        log = self.log_path(label)
        start = time.monotonic()
        # An own session: on a timeout the whole group goes, and nothing but it.
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**os.environ, **(env or {})},
                                   cwd=cwd, start_new_session=True)
        timed_out = False
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            timed_out = True
            kill_group(process)
            stdout, stderr = process.communicate()
        result = Result(argv, process.returncode, stdout.decode(errors="replace"),
                        stderr.decode(errors="replace"), timed_out, log)
        took = time.monotonic() - start
        log.write_text(f"$ {' '.join(argv)}\nstatus {result.status}"
                       f"{' (timed out)' if timed_out else ''} after {took:.2f} s\n"
                       f"--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}\n")
        return result


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)  # start_new_session: group id is its pid
    except ProcessLookupError:
        pass
