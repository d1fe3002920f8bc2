"""mayfly-witness under SIGKILL while several logs, each with two trees, ask it at the same time. What it
ever gave away must be one tree of each log, and never more than it remembers. TAP on standard output."""

import concurrent.futures
import http.client
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from log_support import Tap  # noqa: E402
from witness_support import Key, MadeLog, Witness, consistency, init_witness, parse  # noqa: E402

KILLS = 15
LOGS = 3
SIZES = 70
COMMON = 3  # leaves that both trees of a log have
TREES = ("tree", "other")
SEED = 20261125


class Asked:
    """One log, and what the witness has given away of it."""

    def __init__(self, folder, number):
        self.log = MadeLog(folder, f"log{number}.example")
        self.leaves = {tree: self.log.leaves(SIZES, tree, COMMON) for tree in TREES}
        jobs = [(tree, size) for tree in TREES for size in range(1, SIZES + 1)]
        self.notes = {job: self.log.checkpoint(job[1], job[0], COMMON) for job in jobs}
        self.given = []  # size, root, note, line
        self.size = 0

    def highest(self):
        return max((size for size, _, _, _ in self.given), default=0)


class Life:
    """Of one process, until it is killed."""

    def __init__(self, answers):
        self.left, self.changed = answers, threading.Condition()
        self.problems = []

    def answered(self):
        with self.changed:
            self.left -= 1
            self.changed.notify()

    def wait(self):
        with self.changed:
            assert self.changed.wait_for(lambda: self.left <= 0 or self.problems, 60)


def ask_until_killed(witness, asked, life, dice):
    while True:
        tree = dice.choice(TREES)
        size = min(asked.size + dice.randrange(1, 3), SIZES)
        proof = consistency(asked.leaves[tree][:size], asked.size)
        note = asked.notes[tree, size]
        try:
            status, _, said = witness.add(asked.size, proof, note)
        except (OSError, http.client.HTTPException):
            return
        if status == 200:
            asked.given.append((size, parse(note).root, note, said))
            asked.size = size
        elif status == 409:
            asked.size = int(said)
        elif status != 422:
            life.problems.append(f"{status}: {said}")
        life.answered()


def in_thread(witness, asked, life, dice):
    try:
        ask_until_killed(witness, asked, life, dice)
    except Exception as problem:  # whatever it is
        life.problems.append(f"{type(problem).__name__}: {problem}")
        life.answered()


def one_life(report, witness, all_asked, dice, number):
    said = witness.start()
    if said is not None:
        report.check(f"life {number} begins", False, said)
        return False
    problems = []
    for asked in all_asked:
        status, _, said = witness.add(SIZES, [], asked.notes["tree", SIZES])
        asked.size = int(said) if status == 409 else SIZES
        if asked.size < asked.highest():
            problems.append(f"{asked.log.origin}: gave {asked.highest()}, answers {status} {said}")
    life = Life(dice.randrange(4, 25))
    # Two threads for each log: its two trees race.
    threads = [threading.Thread(target=in_thread, args=(witness, asked, life,
                                                         random.Random(dice.random())))
               for asked in all_asked for _ in range(2)]
    for thread in threads:
        thread.start()
    life.wait()
    witness.kill(signal.SIGKILL)
    for thread in threads:
        thread.join()
    return not report_problems(report, number, problems + life.problems)


def report_problems(report, number, problems):
    if problems:
        report.check(f"life {number} keeps what was given", False, *problems)
    return problems


def check_given(report, key, all_asked):
    total, problems = 0, []
    for asked in all_asked:
        trees = {tree for size, _, note, _ in asked.given if size > COMMON
                 for tree in TREES if asked.notes[tree, size] == note}
        if len(trees) > 1:
            problems.append(f"{asked.log.origin}: two trees were cosigned")
        roots = {}
        for size, root, _, _ in asked.given:
            if roots.setdefault(size, root) != root:
                problems.append(f"{asked.log.origin}: two roots for size {size}")
        total += len(asked.given)
    pairs = {(line, note) for asked in all_asked for _, _, note, line in asked.given}
    for line, note in sorted(pairs)[::3]:
        key.cosigned(line, note)
    report.check("each log has one tree, and each cosignature is over it", not problems and total > 50,
                 f"{total} cosignatures", *problems)
    report.check("each log was cosigned", all(asked.given for asked in all_asked))


def main():
    report, dice = Tap(), random.Random(SEED)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-witness-kill-"))
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            all_asked = list(pool.map(lambda number: Asked(folder, number), range(LOGS)))
        key = Key(folder, init_witness(folder / "witness"))
        witness = Witness(folder / "witness", [asked.log.vkey for asked in all_asked])
        lived = sum(one_life(report, witness, all_asked, dice, n + 1) for n in range(KILLS))
        report.check(f"after each of {KILLS} kills it remembers what it gave", lived == KILLS)
        left = [path for path in (folder / "witness" / "state").iterdir() if ".tmp-" in path.name]
        said = witness.start()
        report.check("a start removes what a kill left half-written", said is None and
                     not [p for p in left if p.exists()], said, left)
        witness.kill(signal.SIGTERM)
        check_given(report, key, all_asked)
    finally:
        shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
