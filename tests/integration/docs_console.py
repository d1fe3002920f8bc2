"""Console blocks in documents: found, run line by line in one shell, and compared.

A block marked ```console that follows the line `<!-- run -->` is run. All blocks of a document share
one shell, one new folder with a copy of docs/guide, and one home, so a page reads as one session.
A line that begins with `$ ` is a command, `> ` continues it, what follows is what it prints. A line
`...` stands for any lines, `...` inside a line for any text. Dates, process numbers, hashes and the
folder may differ. A command must succeed unless the next one is `echo $?`.
"""

import dataclasses
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from ports import free_ports  # noqa: E402

MARK = "<!-- run -->"
SECONDS = 60  # for one command
DOCUMENTED_PORT = 8480  # the default of `mayfly up`; a run takes other ports
PORTS = 4
END = "@@end-of-command@@"


@dataclasses.dataclass
class Step:
    line: int
    command: str
    expected: list


def steps_of(text):
    """The commands of all marked blocks of a document, in order."""
    steps, armed, inside = [], False, False
    for number, line in enumerate(text.splitlines(), 1):
        if inside and line.startswith("```"):
            inside = False
        elif inside and line.startswith("$ "):
            steps.append(Step(number, line[2:], []))
        elif inside and line.startswith("> ") and steps and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        elif inside and steps:
            steps[-1].expected.append(line)
        elif armed and line.strip():
            inside = line.startswith("```console")
            armed = False
        armed = armed or line.strip() == MARK
    return steps


class Shell:
    """One bash for a document. A background program it starts may outlive a command, never this."""

    def __init__(self, root, programs):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-docs-", dir="/tmp"))
        (self.folder / "work").mkdir()
        shutil.copytree(root / "docs" / "guide", self.folder / "work" / "docs" / "guide")
        self.port = free_ports(PORTS)
        environment = {"HOME": str(self.folder), "PATH": f"{programs}:/usr/bin:/bin",
                       "LANG": "C.UTF-8", "TMPDIR": str(self.folder)}
        for kept in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if kept in os.environ:
                environment[kept] = os.environ[kept]
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=self.folder / "work", env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        # Documents name the default ports; the machine may have others there.
        self._send("mayfly() { if [ \"${1:-}\" = up ]; then shift; command mayfly up "
                   f"--port-base={self.port} \"$@\"; else command mayfly \"$@\"; fi; }}\n")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _send(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def ports(self, text):
        return re.sub(r"127\.0\.0\.1:848([0-3])\b",
                      lambda m: f"127.0.0.1:{self.port + int(m.group(1))}", text)

    def run(self, command):
        """Returns (exit status, lines); the status stays in $? for the next command."""
        self._send(f"{self.ports(command)}\n__status=$?; printf '\\n{END} %d\\n' $__status; "
                   "(exit $__status)\n")
        printed = []
        while True:
            line = self.lines.get(timeout=SECONDS)
            if line is None:
                raise RuntimeError("the shell ended")
            if line.startswith(END):
                break
            printed.append(line)
        if printed and printed[-1] == "":
            printed.pop()  # ours: it keeps the mark on a line of its own
        return int(line.split()[1]), printed

    def close(self):
        """Stops an instance that the document left running, then the shell."""
        try:
            self.run("command mayfly down >/dev/null 2>&1; true")
        except (RuntimeError, OSError, queue.Empty):
            pass
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def plain(self, line):
        """What may differ from run to run is made the same."""
        line = line.rstrip().replace(str(self.folder), "/home/you")
        line = re.sub(r"127\.0\.0\.1:(\d+)", self._port, line)
        line = re.sub(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?", "DATE", line)
        line = re.sub(r"\(process \d+\)", "(process N)", line)
        return re.sub(r"\b[0-9a-f]{32,}\b", "HEX", line)

    def _port(self, match):
        offset = int(match.group(1)) - self.port
        known = 0 <= offset < PORTS
        return f"127.0.0.1:{DOCUMENTED_PORT + offset if known else match.group(1)}"


def line_matches(expected, line):
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, line) is not None


def matches(expected, lines):
    """Whether lines fit, where an expected line `...` stands for any number of them."""
    if not expected:
        return not lines
    if expected[0].strip() == "...":
        return any(matches(expected[1:], lines[skip:]) for skip in range(len(lines) + 1))
    return bool(lines) and line_matches(expected[0], lines[0]) and matches(expected[1:], lines[1:])


def trimmed(lines):
    """Without blank lines at the end, which a document has for looks."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def problem_of(shell, step, following):
    """Runs one step; "" or what is wrong with it."""
    try:
        status, printed = shell.run(step.command)
    except queue.Empty:
        return f"no end after {SECONDS} s"
    except (RuntimeError, OSError) as error:
        return str(error)
    lines = trimmed([shell.plain(line) for line in printed])
    expected = trimmed([shell.plain(line) for line in step.expected])
    asks_status = following is not None and following.command.strip() == "echo $?"
    if status != 0 and not asks_status:
        return f"exit status {status}; printed:\n" + "\n".join(lines)
    if not matches(expected, lines):
        return "\n".join(["the document says:", *expected, "it printed:", *lines])
    return ""
