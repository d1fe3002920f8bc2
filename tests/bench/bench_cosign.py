"""mayfly and cosign on one instance in one run: whole processes that verify the same bundle and sign
the same file, by turns, so that whatever else the machine does meets both. Each is cold, as in a CI job.

    bench_cosign.py --bin DIR [--rounds N] [--cache DIR]

cosign comes from `tests/interop/peers build cosign`. mayfly also fetches its token, which cosign is given.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "interop"))
import clients  # noqa: E402
import commands  # noqa: E402
import peer_cache  # noqa: E402
from instance import Instance  # noqa: E402

SKIPPED = 77  # meson's word for a benchmark that cannot run here


class Stopwatch:
    """Runs what the clients ask for; keeps milliseconds of whole processes by label."""

    def __init__(self, logs):
        self.runner = commands.Runner(logs)
        self.times = {}

    def run(self, label, argv, env=None):
        start = time.perf_counter()
        result = self.runner.run(label, argv, env)
        self.times.setdefault(label, []).append((time.perf_counter() - start) * 1000)
        if not result.ok:
            sys.exit(result.describe())
        return result


def report(what, ours, theirs):
    for name, times in (("mayfly", ours), ("cosign", theirs)):
        print(f"{what:8} {name:8} median {statistics.median(times):9.1f} ms  best {min(times):9.1f}  "
              f"worst {max(times):9.1f}")
    print(f"{what:8} cosign takes x{statistics.median(theirs) / statistics.median(ours):.1f} of mayfly's "
          f"median, x{min(theirs) / min(ours):.1f} of its best ({len(ours)} runs each)", flush=True)


def stripped_size(program, folder):
    out = folder / f"{program.name}.stripped"
    subprocess.run(["strip", "-o", out, program], check=True)
    return out.stat().st_size / 2**20


def compare(watch, instance, chosen, folder):
    mayfly = clients.Mayfly(watch, chosen.bin / "mayfly")
    cosign = clients.Cosign(watch, chosen.cache, folder)
    trust = clients.Trust(instance.trusted_root, instance.signing_config, instance.folder)
    file, token = folder / "tool.tgz", folder / "token.jwt"
    file.write_bytes(b"a release\n")
    bundle, other = folder / "mayfly.sigstore.json", folder / "cosign.sigstore.json"
    claim = clients.Claim(bundle, file, instance.facts["identity"], instance.facts["issuer"])
    for _ in range(chosen.rounds):
        mayfly.token("token", trust, token)
        mayfly.sign("mayfly-sign", trust, token, file, bundle)
        cosign.sign("cosign-sign", trust, token, file, other)
    for _ in range(chosen.rounds):
        mayfly.verify("mayfly-verify", trust, claim)
        cosign.verify("cosign-verify", trust, claim)
    for verb in ("verify", "sign"):
        report(verb, watch.times[f"mayfly-{verb}"], watch.times[f"cosign-{verb}"])
    sizes = [stripped_size(program, folder) for program in (mayfly.program, cosign.program)]
    print(f"stripped mayfly {sizes[0]:.1f} MiB, cosign {sizes[1]:.1f} MiB: x{sizes[1] / sizes[0]:.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--cache", type=pathlib.Path, default=peer_cache.default_cache())
    chosen = parser.parse_args()
    peer = peer_cache.PEERS["cosign"]
    if not peer.ready(chosen.cache):
        print(f"skipped: {peer.why_missing(chosen.cache)}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        instance = Instance(chosen.bin / "mayfly", folder / "instance", folder / "instance.log")
        try:
            instance.start()
            compare(Stopwatch(folder / "logs"), instance, chosen, folder)
        finally:
            instance.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
