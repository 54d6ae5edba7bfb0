"""The section "Five nights" of docs/operating.md: what it tells to type, and what it says will be seen."""
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/operating.md"
AFTERWARDS = "**Afterwards"


@dataclass
class Look:
    """One command and the lines it shows; without a command: what the strip of the console says."""
    command: str
    lines: list = field(default_factory=list)


@dataclass
class Night:
    title: str
    during: list = field(default_factory=list)
    afterwards: list = field(default_factory=list)


def nights():
    section = PAGE.read_text().split("\n## Five nights\n", 1)[1].split("\n## ", 1)[0]
    found = []
    for text in section.split("\n### ")[1:]:
        title, _, body = text.partition("\n")
        during, _, afterwards = body.partition(AFTERWARDS)
        found.append(Night(title, looks(during), looks(afterwards)))
    return found


def looks(text):
    found = []
    for block in re.findall(r"(?ms)^```\n(.*?)^```", text):
        lines = block.rstrip("\n").split("\n")
        if not lines[0].startswith("$ "):
            found.append(Look("", lines))
            continue
        for line in lines:
            if line.startswith("$ "):
                found.append(Look(line[2:]))
            else:
                found[-1].lines.append(line)
    return found


def pattern(line):
    """Words as they stand; any number but 0 for any other but 0; the three points for whatever there is."""
    def of(part):
        if re.fullmatch(r"\d[\d,.]*\d|\d", part):
            return re.escape(part) if part in ("0", "100") else r"\d[\d,.]*"
        return ".*" if part == "…" else r"\s+" if part.isspace() else re.escape(part)
    return "".join(of(part) for part in re.findall(r"\d[\d,.]*\d|\d|…|\s+|[^\d…\s]+", line.strip()))


def missing(look, said):
    """The first line of the handbook that is not in what was said, in its order; None: all are."""
    rest = said.split("\n")
    for line in look.lines:
        if line.strip() == "…":
            continue
        regex = re.compile(pattern(line))
        at = next((i for i, each in enumerate(rest) if regex.search(each)), None)
        if at is None:
            return line
        rest = rest[at + 1:]
    return None
