"""What trials of real processes share: ports, waiting for something to hold, and saying that it did not."""
import os
import socket
import time
from contextlib import suppress

STEP = 0.1


class Failed(Exception):
    """What was to hold did not."""


def free_port(taken=set()):
    """One of the range that was given to this run; without one, any."""
    first = int(os.environ.get("INGEST_TEST_PORTS_FROM", "0"))
    for port in range(first, first + 200) if first else (0,) * 50:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if (port := probe.getsockname()[1]) not in taken:
                taken.add(port)
                return port
    raise Failed("no port is free")


def until(what, seconds, holds):
    """What holds() returns once it is true, and after how long."""
    start = time.monotonic()
    while not (found := holds()):
        if time.monotonic() - start > seconds:
            raise Failed(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(STEP)
    return found, time.monotonic() - start
