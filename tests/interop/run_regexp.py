#!/usr/bin/env python3
"""Our regular expressions against Go's engine, which cosign and sigstore-go use. Prints TAP.

    run_regexp.py --probe PROGRAM [--cache DIR] [--require]

Every expression that ours takes must compile there and decide alike: over the table of the
unit test, and over expressions made up from the syntax that is taken, and from bytes that have
a meaning in some regular expression. Always the same ones: the generator starts from a fixed seed.
"""

import argparse
import collections
import os
import pathlib
import random
import subprocess
import sys

import peer_cache

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import tap  # noqa: E402

TABLE = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "name_regexp.tsv"
SEED = 57264
GROWN, SCRAMBLED = 6000, 20000
LETTERS = "ab/@.-é"
SUBJECTS = ["", "a", "b", "ab", "ba", "aab", "abab", "a@b", "a.b", "a/b@a", "x", "a\n", "\na", "a\nb",
            "é", "aé", "a-b", "aaaaaaaa", "\0", "1", "a1_", "𝄞", "A", "a b", "\r", "\v", "ſ", "K"]


class Grower:
    """Expressions of the syntax that is taken; some have a fault all the same."""

    def __init__(self, chance):
        self.chance = chance

    def one_of(self, *makers):
        return self.chance.choice(makers)()

    def literal(self):
        letter = self.chance.choice(LETTERS)
        return "\\" + letter if letter in "./@-" and self.chance.random() < 0.5 else letter

    def of_class(self):
        items = [self.chance.choice(["a", "b", "a-b", "\\d", "\\w", "\\W", "\\D", "\\.", "/", "@", "é",
                                     "à-ü", "\\]", "\\-"])
                 for _ in range(self.chance.randint(1, 3))]
        edge = self.chance.choice(["", "", "-"])
        return f"[{self.chance.choice(['', '^'])}{edge}{''.join(items)}{self.chance.choice(['', '', '-'])}]"

    def escape(self):
        return self.chance.choice(["\\d", "\\w", "\\D", "\\W", "."])

    def edge(self):
        return self.chance.choice(["^", "$", "\\A", "\\z", "\\b", "\\B"])

    def repeat(self):
        return self.chance.choice(["*", "+", "?", "{2}", "{1,2}", "{2,}", "{0,1}"]) + \
            self.chance.choice(["", "", "?"])

    def item(self, depth):
        makers = [self.literal] * 5 + [self.of_class, self.escape]
        if depth < 3:
            makers += [lambda: f"{self.chance.choice(['(', '(?:'])}{self.alternatives(depth + 1)})"]
        text = self.one_of(*makers)
        return text + (self.repeat() if self.chance.random() < 0.35 else "")

    def sequence(self, depth):
        parts = [self.edge() if self.chance.random() < 0.12 else self.item(depth)
                 for _ in range(self.chance.randint(1, 4))]
        return "".join(parts)

    def alternatives(self, depth=0):
        return "|".join(self.sequence(depth) for _ in range(self.chance.choice([1, 1, 1, 2, 3])))

    def whole(self):
        text = self.alternatives()
        return f"^(?:{text})$" if self.chance.random() < 0.4 else text


def scrambled(chance):
    pieces = ["a", "b", "1", ".", "*", "+", "?", "{", "}", "2", ",", "(", ")", "(?:", "(?=", "(?!", "(?<=",
              "(?i)", "(?P<a>", "(?>", "[", "]", "^", "$", "|", "\\", "-", "[:", ":]", "&&", "\\Q", "\\E",
              "\\1", "\\s", "\\S", "\\b", "\\pL", "\\x41", "\\Z", "\\z", "\\h", "\\R", "\\K", "\\C", "#", " ",
              "(*", "é", "\n", "\0", "@", "/", "_", "<", ">", "=", "!", "~", "'", "{2}", "{,2}", "*+", "(?#"]
    return "".join(chance.choice(pieces) for _ in range(chance.randint(1, 7)))


def table_pairs():
    for line in TABLE.read_text().splitlines():
        if not line.startswith("#"):
            _, expression, name = line.split("\t")
            yield expression, name


def made_pairs():
    chance = random.Random(SEED)
    grower = Grower(chance)
    for _ in range(GROWN):
        expression = grower.whole()
        for name in chance.sample(SUBJECTS, 5):
            yield expression, name
        yield expression, "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 12)))
    for _ in range(SCRAMBLED):
        yield scrambled(chance), chance.choice(SUBJECTS)


def ask(program, pairs):
    text = "".join(f"{a.encode().hex()} {b.encode().hex()}\n" for a, b in pairs)
    run = subprocess.run([program], input=text, capture_output=True, text=True, timeout=300,
                         check=False)
    answers = run.stdout.split()
    if run.returncode != 0 or len(answers) != len(pairs):
        raise RuntimeError(f"{program}: status {run.returncode}, {len(answers)} answers to "
                           f"{len(pairs)}: {run.stderr[:500]}")
    return answers


def compare(out, name, pairs, probe, peer, least):
    ours, theirs = ask(probe, pairs), ask(peer, pairs)
    differing = [f"{a!r} and {b!r}: ours {x}, Go {y}"
                 for (a, b), x, y in zip(pairs, ours, theirs) if x not in ("refused", y)]
    counts = collections.Counter(ours)
    out.check(f"{name}: what ours takes, Go reads alike", not differing, *differing[:20])
    enough = all(counts[answer] >= least for answer in ("match", "no", "refused"))
    out.check(f"{name}: each answer occurs", enough, dict(counts))
    out.note(f"{name}: {dict(counts)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", type=pathlib.Path, required=True)
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    parser.add_argument("--require", action="store_true",
                        default=os.environ.get("MAYFLY_REQUIRE_INTEROP") == "1")
    chosen = parser.parse_args()
    out = tap.Tap()
    peer = peer_cache.PEERS["goregexp"]
    if not peer.ready(chosen.cache):
        return out.nothing_to_run(peer.why_missing(chosen.cache), chosen.require)
    program = peer.folder(chosen.cache) / "goregexp"
    compare(out, "the table", list(table_pairs()), chosen.probe, program, 10)
    compare(out, "made-up expressions", list(made_pairs()), chosen.probe, program, 1000)
    return out.finish()


if __name__ == "__main__":
    sys.exit(main())
