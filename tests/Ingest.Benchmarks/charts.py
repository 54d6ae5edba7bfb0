"""Draws docs/bench/*.svg from the history of `make bench`: figures over the runs, and growth curves of the newest run of each curve.

Usage: charts.py [HISTORY...]; by default docs/bench/history.jsonl, and artifacts/bench/history.jsonl where that is empty.
"""
import json, math, os, sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 64, 150, 40, 44
STYLE = """<style>
  text { font: 12px system-ui, sans-serif; fill: #444 } .paper { fill: #fff } .title { font-size: 15px; font-weight: 600; fill: #111 }
  .grid { stroke: #ddd } .tick { text-anchor: end } .place { text-anchor: middle }
  polyline { fill: none } polyline, line { stroke-width: 1.8 }
  .l0 { stroke: #1565c0 } .l1 { stroke: #ef6c00 } .l2 { stroke: #2e7d32 } .l3 { stroke: #8e24aa } .l4 { stroke: #795548 }
  @media (prefers-color-scheme: dark) {
    text { fill: #bbb } .paper { fill: #14171a } .title { fill: #eee } .grid { stroke: #333a40 }
    .l0 { stroke: #64b5f6 } .l1 { stroke: #ffb74d } .l2 { stroke: #81c784 } .l3 { stroke: #ce93d8 } .l4 { stroke: #bcaaa4 }
  }
</style>"""
FOLDER = "docs/bench"

# File, title, unit, and the lines: what each is called, and which figure it is (part, row, metric).
OVER_RUNS = [
    ("rate", "Rate of bare Kestrel's, as fast as answers come", "ratio",
     [(row, ("closed", row, "rate of bare")) for row in ("single/64", "single/256", "batch/16")]
     + [("http2", ("http2", "http2/100", "rate of bare"))]),
    ("percentiles", "Open loop at 20,000 requests a second, corrected", "ms",
     [(name, ("open", "open/20000", f"{name} ms")) for name in ("p50", "p99", "p99.9")]
     + [("p99 single/64", ("closed", "single/64", "ingest p99 ms"))]),
    ("processor", "Processor time a request, of bare Kestrel's", "ratio",
     [(row, ("closed", row, "processor time of bare's")) for row in ("single/64", "single/256", "batch/16")]
     + [(f"{row} busy", ("busy", row, "processor time of bare's")) for row in ("single/64", "batch/16")]),
    ("memory", "Peak resident memory of a fresh node", "MB",
     [(row, ("memory", row, "peak MB")) for row in ("single/64", "batch/16")]),
]
CURVES = {"connections": "Connections", "bytes": "Bytes of an event, 16 connections", "keys": "Keys, 64 connections, files",
          "sinks": "Sinks, 64 connections"}


def read(paths):
    lines = []
    for path in paths:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as history:
                lines += [json.loads(line) for line in history]
    return lines


def number(value):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= 10 * size or (value >= size and value % size == 0):
            return f"{value / size:g}{letter}" if value % (size / 10) == 0 else f"{value / size:.0f}{letter}"
    return f"{value:.3g}"


def ticks(top):
    step = 10 ** math.floor(math.log10(top / 4)) if top > 0 else 1
    step *= next(factor for factor in (1, 2, 5, 10) if top / (step * factor) <= 5)
    return [step * i for i in range(int(top / step) + 1)]


def svg(title, unit, labels, lines, foot):
    """labels: a text for each place of the x-axis; lines: name and, for each place, a value or None."""
    top = max([value for _, values in lines for value in values if value is not None], default=1) * 1.1
    x = lambda i: LEFT + (WIDTH - LEFT - RIGHT) * (i / (len(labels) - 1) if len(labels) > 1 else 0.5)
    y = lambda value: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{title}">', STYLE,
           f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>', f'<text class="title" x="{LEFT}" y="22">{title}, {unit}</text>']
    for tick in ticks(top):
        out += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" class="grid"/>',
                f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" class="tick">{number(tick)}</text>']
    every = max(1, math.ceil(len(labels) / 10))
    out += [f'<text x="{x(i):.1f}" y="{HEIGHT - BOTTOM + 16}" class="place">{label}</text>'
            for i, label in enumerate(labels) if i % every == 0]
    for at, (name, values) in enumerate(lines):
        colour = f"l{at % 5}"
        places = [(x(i), y(value)) for i, value in enumerate(values) if value is not None]
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
        legend = TOP + 10 + 18 * at
        out += [f'<polyline class="{colour}" points="{points}"/>',
                *(f'<circle class="{colour}" cx="{px:.1f}" cy="{py:.1f}" r="2"/>' for px, py in places),
                f'<line class="{colour}" x1="{WIDTH - RIGHT + 12}" x2="{WIDTH - RIGHT + 30}" y1="{legend - 4}" y2="{legend - 4}"/>',
                f'<text x="{WIDTH - RIGHT + 36}" y="{legend}">{name}</text>']
    out += [f'<text x="{LEFT}" y="{HEIGHT - 8}">{foot}</text>', "</svg>"]
    return "\n".join(out) + "\n"


def over_runs(history):
    for file, title, unit, wanted in OVER_RUNS:
        figures = {figure: {} for _, figure in wanted}
        names = {}
        for line in history:
            figure = (line["part"], line["row"], line["metric"])
            if figure in figures:
                figures[figure][line["date"]] = line["value"]
                names[line["date"]] = f"{line['commit']}"
        runs = sorted(names)[-30:]
        if runs:
            lines = [(name, [figures[figure].get(run) for run in runs]) for name, figure in wanted if figures[figure]]
            yield file, svg(title, unit, [names[run] for run in runs], lines, f"{runs[0][:10]} to {runs[-1][:10]}, commits; make bench")


def growth(history):
    for curve, title in CURVES.items():
        newest = max((line["date"] for line in history if line["part"] == "growth" and line["row"].startswith(curve + "/")), default=None)
        points = [line for line in history if line["part"] == "growth" and line["date"] == newest and line["row"].startswith(curve + "/")]
        places = sorted({int(line["row"].split("/")[1]) for line in points})
        for metric, file, unit in (("req/s", "rate", "requests a second"), ("us/request", "processor", "µs of processor time a request"),
                                   ("p99 ms", "p99", "p99 in ms")):
            values = {int(line["row"].split("/")[1]): line["value"] for line in points if line["metric"] == metric}
            if values:
                foot = f"{newest[:10]}, commit {points[0]['commit']}, {points[0]['machine']}; make bench PART=growth"
                yield f"growth-{curve}-{file}", svg(title, unit, [number(place) for place in places],
                                                    [(metric, [values.get(place) for place in places])], foot)


def main(paths):
    history = read(paths or [f"{FOLDER}/history.jsonl"]) or read(["artifacts/bench/history.jsonl"])
    os.makedirs(FOLDER, exist_ok=True)
    drawn = []
    for file, content in [*over_runs(history), *growth(history)]:
        with open(f"{FOLDER}/{file}.svg", "w", encoding="utf-8") as chart:
            chart.write(content)
        drawn.append(file)
    print(f"{FOLDER}: {', '.join(drawn) or 'nothing to draw: no history'}")


if __name__ == "__main__":
    main(sys.argv[1:])
