"""What the first node holds, sample by sample, and whether it grows."""
import re
import statistics
import time
from pathlib import Path

# What may come on top of the first third, as a part and as so much: a collector's heap breathes.
GROWTH = {"resident MB": (0.10, 8), "heap MB": (0.15, 8), "handles": (0, 10), "threads": (0, 6)}
WARM_UP = 0.2


class Figures:
    def __init__(self, node):
        self._node, self._began, self.samples = node, time.monotonic(), []

    def look(self):
        process = Path(f"/proc/{self._node.process.pid}")
        status = (process / "status").read_text()
        metrics = self._node.get("/metrics")
        heap = sum(float(value) for value in re.findall(r"(?m)^dotnet_gc_last_collection_heap_size\S* (\S+)", metrics))
        self.samples.append({
            "minute": (time.monotonic() - self._began) / 60,
            "resident MB": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
            "heap MB": heap / 2**20,
            "handles": sum(1 for _ in (process / "fd").iterdir()),
            "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
            "log MB": sum(file.stat().st_size for file in self._node.data.rglob("*.wal") if file.exists()) / 2**20,
        })

    def write(self, path):
        names = list(self.samples[0])
        path.write_text("\n".join([",".join(names), *(",".join(f"{row[name]:.2f}" for name in names) for row in self.samples)]) + "\n")

    def judged(self):
        """For each figure: first and last third after the warm-up, most, and whether the last is no more than the first."""
        kept = self.samples[int(len(self.samples) * WARM_UP):]
        third = max(1, len(kept) // 3)
        for name in (name for name in self.samples[0] if name != "minute"):
            values = [row[name] for row in kept]
            first, last = statistics.median(values[:third]), statistics.median(values[-third:])
            part, more = GROWTH.get(name, (None, None))
            yield name, first, last, max(values), part is None or last <= first * (1 + part) + more
