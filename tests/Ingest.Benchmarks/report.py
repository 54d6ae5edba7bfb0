"""Prints what a run of `make bench` measured beside its targets, and appends each row to a history, one JSON object a line.

Usage: report.py ROWS HISTORY...
"""
import datetime, json, os, platform, subprocess, sys


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {name}"


def met(value, operator, target):
    if not operator or target in ("", "-"):
        return None
    return value >= float(target) if operator == ">=" else value <= float(target)


def main(rows, histories):
    run = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": said("git", "rev-parse", "--short", "HEAD") + ("+" if said("git", "status", "--porcelain", "-uno") else ""),
        "machine": processor(),
        "rounds": int(os.environ.get("ROUNDS", 5)),
        "seconds": float(os.environ.get("SECONDS_EACH", 5)),
        "load": os.getloadavg()[2],
    }
    lines, table = [], []
    with open(rows, encoding="utf-8") as measured:
        for line in measured:
            part, row, metric, value, operator, target = line.rstrip("\n").split("\t")
            holds = met(float(value), operator, target)
            lines.append({**run, "part": part, "row": row, "metric": metric, "value": float(value),
                          **({} if holds is None else {"target": f"{operator} {target}", "met": holds})})
            if holds is not None:
                table.append((part, row, metric, f"{float(value):g}", f"{operator} {target}", "yes" if holds else "NO"))
    for history in histories:
        os.makedirs(os.path.dirname(history) or ".", exist_ok=True)
        with open(history, "a", encoding="utf-8") as kept:
            kept.writelines(json.dumps(line) + "\n" for line in lines)
    print(f"\n{run['commit']}, {run['machine']}, medians of {run['rounds']} rounds of {run['seconds']:g} s")
    print(f"| {'part':<10} | {'row':<12} | {'what':<28} | {'measured':>9} | {'target':<8} | met |")
    print(f"|{'-' * 12}|{'-' * 14}|{'-' * 30}|{'-' * 10}:|{'-' * 10}|-----|")
    for part, row, metric, value, target, holds in table:
        print(f"| {part:<10} | {row:<12} | {metric:<28} | {value:>9} | {target:<8} | {holds:<3} |")
    print(f"{len(lines)} figures appended to {', '.join(histories)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
