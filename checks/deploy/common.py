"""What the checks share: where things are, the drain's waits, and how a failed check ends."""
import re
import sys
from pathlib import Path

try:
    import yaml
except ImportError:
    print("python3-yaml is not installed")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROBLEMS = []


def expect(holds, problem):
    if not holds:
        PROBLEMS.append(problem)


def finish():
    for problem in PROBLEMS:
        print(problem)
    sys.exit(1 if PROBLEMS else 0)


class StrictLoader(yaml.SafeLoader):
    """A key that stands twice in one mapping is a mistake, and YAML's reader would keep the second in silence."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                name = self.construct_object(key, deep=True)
                if name in seen:
                    raise yaml.YAMLError(f"{name!r} stands twice{key.start_mark}")
                seen.add(name)
        return super().construct_mapping(node, deep)


def load_all(path):
    return [d for d in yaml.load_all(Path(path).read_text(), StrictLoader) if d is not None]


def seconds(text):
    """60, 60s, 1m30s, 00:00:15."""
    text = str(text)
    if ":" in text:
        h, m, s = text.split(":")
        return int(h) * 3600 + int(m) * 60 + float(s)
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}
    return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)(ms|s|m|h|)", text))


def size(text):
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 2**10, "m": 2**20, "g": 2**30, "": 1}
    number, unit = re.fullmatch(r"([\d.]+)\s*([A-Za-z]*?)B?", str(text)).groups()
    return float(number) * units[unit]


def drain_seconds(settings):
    """The longest a drain takes with these environment variables, from the defaults that stand in the code."""
    source = (ROOT / "src/Ingest/Drain/DrainOptions.cs").read_text()
    total = 0
    for key in ("BalancerDelay", "RequestsDeadline", "Deadline"):
        default = re.search(rf"TimeSpan {key} {{ get; set; }} = TimeSpan.FromSeconds\((\d+)\)", source).group(1)
        total += seconds(settings.get(f"INGEST_Drain__{key}", default))
    return total


# Saving, and an attempt that is under way when the deadline comes (Publishing:StopGrace), with room.
DRAIN_MARGIN = 5
