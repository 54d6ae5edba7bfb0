#!/usr/bin/env python3
"""Sorts a profile's samples by what they were for.

profile.py shares FILE: FILE is the output of `perf script -F comm,ip,sym,dso`; prints a line for each kind, with its share of the samples.
profile.py threads FILE EVENTS TICKS HZ: nanoseconds of processor time an event, by thread, as a Markdown table.
profile.py table LOAD (SERVER RATE MICROSECONDS SHARES)...: microseconds of processor time a request, by kind and server, as a Markdown table.
"""
import re
import sys
from collections import Counter

# The first rule that any frame of a sample's stack matches decides. What the kernel does on behalf of a call counts for that call.
CALLS = [
    ("flush of the log", r"fdatasync|do_fsync|vfs_fsync"),
    ("write of the log", r"ksys_pwrite|pwrite64|vfs_writev?$|ext4_file_write|vfs_iter_write|fallocate"),
    ("sockets: send", r"__sys_send|sock_sendmsg|sock_write_iter|tcp_sendmsg"),
    ("sockets: receive", r"__sys_recv|sock_recvmsg|sock_read_iter|tcp_recvmsg"),
    ("waits and wake-ups", r"futex|ep_poll|epoll_wait|do_epoll|sched_yield|clock_nanosleep|__x64_sys_poll|LowLevelLifoSemaphore|WaitSubsystem"),
    ("collector", r"gc_heap::|GCHeap::|SVR::|WKS::|GarbageCollect"),
    ("compiler", r"libclrjit|jitNativeCode|UnsafeJitFunction|TieredCompilation|PerfMap"),
]

# Of what is left, the frame nearest to the sample that matches a rule decides: what Kestrel does for an answer is Kestrel's.
CODE = [
    ("commit thread", r"CommitThread|GroupWriter|WriteAheadLog::(Commit|TryAdd)|CommitTurn|SharedFlush"),
    ("lanes", r"Ingest\.Publishing|Ingest\.Sinks|Ingest\.Wal\.Reading"),
    ("intake: body, JSON, frames, queue", r"Ingest\.Intake|Ingest\.Queue|Ingest\.Wal"),
    ("HTTP/2", r"Http2"),
    ("Kestrel and sockets", r"Microsoft\.AspNetCore|System\.Net\.Sockets|System\.IO\.Pipelines|Ingest\.Hosting"),
]
COMMIT, KERNEL, REST = "commit thread", "rest of the kernel", "rest"
KINDS = [kind for kind, _ in CALLS + CODE] + [KERNEL, REST]
COMPILED_CALLS = [(kind, re.compile(pattern)) for kind, pattern in CALLS]
COMPILED_CODE = [(kind, re.compile(pattern)) for kind, pattern in CODE]


def samples(path):
    """Yields each sample's thread and its frames, one string of all of them."""
    thread, frames = None, []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if not line.strip():
                if thread is not None:
                    yield thread, "\n".join(frames)
                thread, frames = None, []
            elif thread is None:
                thread = line.strip()
            else:
                frames.append(line.strip())
    if thread is not None:
        yield thread, "\n".join(frames)


def kind_of(thread, stack):
    """What a sample was for."""
    for kind, pattern in COMPILED_CALLS:
        if pattern.search(stack):
            return kind
    if thread.startswith("ingest-commit"):
        return COMMIT
    for frame in stack.splitlines():
        for kind, pattern in COMPILED_CODE:
            if pattern.search(frame):
                return kind
    return KERNEL if "[kernel.kallsyms]" in stack else REST


def shares(path):
    """Prints the kinds with their shares."""
    counts = Counter(kind_of(thread, stack) for thread, stack in samples(path))
    total = sum(counts.values()) or 1
    for kind in KINDS:
        print(f"{kind}\t{counts[kind] / total:.5f}\t{counts[kind]}")


def threads(path, events, seconds):
    """Prints the threads of a process with their time an event, by the library whose frame is nearest to the sample."""
    libraries = [
        ("librdkafka", r"rd_kafka|rdk|librdkafka"),
        ("Confluent.Kafka", r"Confluent\.Kafka"),
        ("Ingest.Kafka", r"Ingest\.Kafka"),
        ("lane", r"Ingest\.Publishing|Ingest\.Sinks|Ingest\.Wal|Ingest\.Events|Crc32C"),
        ("runtime", r"libcoreclr|libclrjit|System\."),
    ]
    compiled = [(name, re.compile(pattern)) for name, pattern in libraries]

    def library_of(stack):
        for frame in stack.splitlines():
            for name, pattern in compiled:
                if pattern.search(frame) and name != "runtime":
                    return name
        return "runtime" if compiled[-1][1].search(stack) else "kernel and rest"

    counts, total = Counter(), 0
    for thread, stack in samples(path):
        counts[re.sub(r"[0-9]+$", "N", thread), library_of(stack)] += 1
        total += 1
    per_sample = seconds / events * 1e9 / (total or 1)
    print(f"\n| Thread, {events:,.0f} events | Code | ns an event |\n|---|---|---:|")
    for (thread, library), count in counts.most_common():
        if count / (total or 1) >= 0.02:
            print(f"| {thread} | {library} | {count * per_sample:.0f} |")
    print(f"| **all** | | **{total * per_sample:.0f}** |")


def table(load, words):
    """Prints one table for a load: a column for each server."""
    servers = [words[i : i + 4] for i in range(0, len(words), 4)]
    read = {}
    for name, _, cpu, path in servers:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                kind, share, _ = line.rstrip("\n").split("\t")
                read[name, kind] = float(share) * float(cpu)
    print(f"\n| {load}: µs a request | " + " | ".join(name for name, *_ in servers) + " |")
    print("|---|" + "---:|" * len(servers))
    for kind in KINDS:
        cells = [read[name, kind] for name, *_ in servers]
        if max(cells) >= 0.05:
            print(f"| {kind} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")
    print("| **all** | " + " | ".join(f"**{float(cpu):.1f}**" for _, _, cpu, _ in servers) + " |")
    print("| requests a second | " + " | ".join(f"{float(rate):,.0f}" for _, rate, _, _ in servers) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["shares"] and len(sys.argv) == 3:
        shares(sys.argv[2])
    elif sys.argv[1:2] == ["threads"] and len(sys.argv) == 6:
        threads(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]) / float(sys.argv[5]))
    elif sys.argv[1:2] == ["table"] and len(sys.argv) > 3 and len(sys.argv) % 4 == 3:
        table(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
