#!/usr/bin/env python3
"""Certificates and timestamps a second from mayfly-ca, over HTTP, on one machine with its load
generator (wrk). Certificates are in a mayfly-log CT log and on record before they are answered.
Beside them: how many signatures of that kind one core makes, in the same run."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
import ca_support as support  # noqa: E402
import ct_service  # noqa: E402

PERSON = "person@example.org"


def lua_text(data):
    return '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'


def script(folder, name, content_type, body, token=None):
    path = pathlib.Path(folder) / f"{name}.lua"
    lines = ['wrk.method = "POST"', f'wrk.headers["Content-Type"] = "{content_type}"',
             f"wrk.body = {lua_text(body)}"]
    if token:
        lines.append(f'wrk.headers["Authorization"] = "Bearer {token}"')
    path.write_text("\n".join(lines) + "\n")
    return path


def load(url, lua, connections, seconds):
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", lua,
                           url], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", done)[1])
    p50, p99 = (re.search(rf"\b{p}%\s+([\d.]+\w+)", done)[1] for p in (50, 99))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    return rate, p50, p99, int(wrong[1]) if wrong else 0


def signatures_per_second():
    done = subprocess.run(["openssl", "speed", "-seconds", "1", "ecdsap256"], capture_output=True,
                          text=True, check=True).stdout
    return float(re.search(r"nistp256\)\s+\S+\s+\S+\s+([\d.]+)", done)[1])


def report(what, connections, result, limit):
    rate, p50, p99, wrong = result
    print(f"{what:<12} {connections:>4} clients {rate:>9.0f}/s  p50 {p50:>8}  p99 {p99:>8}  "
          f"x{rate / limit:.2f} of one core's signatures"
          + (f"  {wrong} REFUSED" if wrong else ""), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=4)
    args = parser.parse_args()
    programs = os.environ.get("MAYFLY_BIN", "build/bin")
    with tempfile.TemporaryDirectory() as folder:
        key = support.Key(folder)
        ca, log = ct_service.start_pair(programs, folder)
        try:
            limit = signatures_per_second()
            print(f"openssl speed: {limit:.0f} P-256 signatures a second on one core")
            base = f"http://127.0.0.1:{ca.port}"
            data = pathlib.Path(folder) / "data"
            data.write_bytes(b"hello")
            query = support.openssl("ts", "-query", "-data", data, "-sha256", "-cert")
            lua = script(folder, "timestamp", "application/timestamp-query", query)
            for connections in (1, 64, 256):
                report("timestamp", connections,
                       load(base + "/api/v1/timestamp", lua, connections, args.seconds), limit)
            body = json.dumps(support.proof_body(key, PERSON)).encode()
            lua = script(folder, "issue", "application/json", body, ca.token(PERSON))
            for connections in (1, 16, 64):
                report("certificate", connections,
                       load(base + "/api/v2/signingCert", lua, connections, args.seconds), limit)
        finally:
            ca.stop()
            log.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
