"""Ports for servers that a test starts. As a program: ports.py COUNT prints the first of so many."""

import contextlib
import random
import socket
import sys

LOWEST = 15000


def _end():
    """The kernel takes the near ends of connections from here on, and for a minute after one has
    ended nobody may listen there."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first = int(file.read().split()[0])
    return first if first > LOWEST + 1024 else 32768


def _is_free(port):
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count=1):
    """The first of that many free ports in a row."""
    for _ in range(200):
        base = random.randrange(LOWEST, _end() - count, count)
        if all(_is_free(port) for port in range(base, base + count)):
            return base
    raise OSError(f"no {count} free ports in a row found")


if __name__ == "__main__":
    print(free_ports(int(sys.argv[1])))
