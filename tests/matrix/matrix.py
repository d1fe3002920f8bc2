"""All cases, and how each becomes files in a folder of its own.

    matrix.py FOLDER [PART-OF-A-NAME]    writes them, to be looked at
"""

import collections
import dataclasses
import functools
import json
import pathlib
import re
import sys

import cases_certificate
import cases_checkpoint
import cases_content
import cases_json
import cases_key
import cases_rekor_v1
import cases_rekor_v2
import cases_sct
import cases_timestamp
import cases_trust
from story import Story

GROUPS = (cases_certificate.case, cases_sct.case, cases_rekor_v2.case, cases_rekor_v1.case,
          cases_checkpoint.case, cases_timestamp.case, cases_content.case, cases_json.case,
          cases_trust.case, cases_key.case)


@functools.cache
def all_cases():
    cases = [case for group in GROUPS for case in group.cases]
    names = [case.name for case in cases]
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    assert not twice, twice
    return cases


@dataclasses.dataclass(frozen=True)
class Written:
    """A case on disk, and what a verifier is asked."""

    folder: pathlib.Path
    facts: dict

    @property
    def bundle(self):
        return self.folder / self.facts["bundle"]

    @property
    def root(self):
        return self.folder / "trusted_root.json"

    @property
    def artifact(self):
        return self.folder / "artifact"


def write(case, folder):
    made = Story(**case.changes).files()
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    facts = {"name": case.name, "verdict": case.verdict, "why": case.why,
             "bundle": made["name"], "by_digest": made["by_digest"],
             **{k: made[k] for k in ("identity", "issuer") if k in made}}
    (folder / facts["bundle"]).write_bytes(made["bundle"])
    (folder / "trusted_root.json").write_bytes(made["root"])
    (folder / "artifact").write_bytes(made["artifact"])
    if "key" in made:
        (folder / "key.pem").write_bytes(made["key"])
        facts["key"] = "key.pem"
    if made["policy"]:
        (folder / "witness.policy").write_text(made["policy"])
        facts["policy"] = "witness.policy"
    (folder / "case.json").write_text(json.dumps(facts, indent=1) + "\n")
    return Written(folder, facts)


def folder_name(number, case):
    return f"{number:03d}-" + re.sub(r"[^a-z0-9]+", "-", case.name.lower()).strip("-")


def main():
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    for number, case in enumerate(all_cases(), 1):
        if part in case.name:
            print(write(case, pathlib.Path(sys.argv[1]) / folder_name(number, case)).folder)


if __name__ == "__main__":
    main()
