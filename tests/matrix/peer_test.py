#!/usr/bin/env python3
"""The matrix put to real peers: where they decide otherwise must be what docs/interop.md lists.

    peer_test.py [--cache DIR] [--require] [--keep DIR]

A row of that page is "accepts" or "refuses", names of cases (with * for any text) and the text
that decides. A name stands for every case of it that the matrix decides the other way, and each
of them must be one on which the peer differs; what no row names is a failure too.
"""

import argparse
import dataclasses
import fnmatch
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "interop"), str(HERE)]
import clients  # noqa: E402
import peer_cache  # noqa: E402
import tap  # noqa: E402
from matrix_test import with_cryptography  # noqa: E402

PAGE = HERE.parent.parent / "docs" / "interop.md"
SECTION = "## Where peers decide otherwise"
SECONDS = 400


def python_command(folder):
    return [folder / "bin" / "python", HERE / "ask_python.py"]


def go_command(folder):
    return [folder / "goverify"]


PEERS = {"sigstore-python": python_command, "sigstore-go": go_command}


@dataclasses.dataclass(frozen=True)
class Row:
    does: str  # "accepts" or "refuses", where the matrix decides the other way
    patterns: tuple
    why: str


def rows_of(peer):
    """The table below "### PEER VERSION" in the page's section."""
    _, found, section = PAGE.read_text().partition(SECTION + "\n")
    assert found, f"no '{SECTION}' in {PAGE}"
    section = section.partition("\n## ")[0]
    version = peer_cache.PEERS[peer].version
    _, found, table = section.partition(f"### {peer} {version}\n")
    assert found, f"no '### {peer} {version}' in {PAGE}"
    rows = []
    for line in table.partition("\n### ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in ("accepts", "refuses"):
            rows.append(Row(cells[0], tuple(re.findall(r"`([^`]+)`", cells[1])), cells[2]))
    return rows


def ask(peer, cache, folder):
    """{name of a case: (accepted, what the peer said)}"""
    command = PEERS[peer](peer_cache.PEERS[peer].folder(cache))
    done = subprocess.run([*map(str, command), str(folder)], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=SECONDS)
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr[-500:]}")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["case"]: (one["ok"], one["why"]) for one in said}


def may_be_asked(case):
    """Lists of bundles and witness policies are ours alone."""
    return not {"witness_policy", "file_name"} & set(case.changes)


def differences(cases, said):
    """{name: "accepts" or "refuses"}"""
    seen = {}
    for case in cases:
        accepted = said[case.name][0]
        if accepted != (case.verdict == "verified"):
            seen[case.name] = "accepts" if accepted else "refuses"
    return seen


def problems_of_rows(rows, cases, seen):
    """What the page says and nobody saw, and the other way round."""
    listed = set()
    for row in rows:
        if not row.why:
            yield f"a row without the text that decides: {row.patterns}"
        for pattern in row.patterns:
            meant = {case.name for case in cases if fnmatch.fnmatchcase(case.name, pattern)
                     and (case.verdict == "verified") == (row.does == "refuses")}
            if not meant:
                yield f"no case is '{pattern}' that a peer could be seen to {row.does[:-1]}"
            for name in sorted(meant & listed):
                yield f"listed twice: {name}"
            for name in sorted(name for name in meant if seen.get(name) != row.does):
                yield f"listed and not seen: {row.does} {name}"
            listed |= meant
    for name in sorted(set(seen) - listed):
        yield f"seen and not listed: {seen[name]} {name}"


def check(out, peer, cache, folder, cases):
    where = peer_cache.PEERS[peer]
    if not where.ready(cache):
        out.skipped(peer, where.why_missing(cache))
        return False
    said = ask(peer, cache, folder)
    seen = differences(cases, said)
    problems = list(problems_of_rows(rows_of(peer), cases, seen))
    for number, problem in enumerate(problems):
        name = problem.partition(": ")[2].partition(" ")[2]
        problems[number] = f"{problem}  ({said.get(name, ('', ''))[1][:200]})"
    out.check(f"{peer} differs on {len(seen)} of {len(cases)} cases, and the page lists them",
              not problems)
    for problem in problems:
        out.note(" ".join(problem.split()))
    return True


def write_all(folder):
    import matrix
    cases = []
    for number, case in enumerate(matrix.all_cases(), 1):
        if may_be_asked(case):
            matrix.write(case, folder / matrix.folder_name(number, case))
            cases.append(case)
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    parser.add_argument("--require", action="store_true", default=clients.required())
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for the cases' files")
    chosen = parser.parse_args()
    why = with_cryptography()
    out = tap.Tap()
    if why:
        return out.nothing_to_run(why, chosen.require)
    folder = chosen.keep or pathlib.Path(tempfile.mkdtemp(prefix="mayfly-peers-"))
    cases = write_all(folder)
    asked = [check(out, peer, chosen.cache, folder, cases) for peer in PEERS]
    if chosen.require and not all(asked):
        out.failed("all peers are there", "build them with tests/interop/peers build")
    if not chosen.keep:
        shutil.rmtree(folder)
    return out.finish()


if __name__ == "__main__":
    sys.exit(main())
