"""Five nights: run.py [PART OF A TITLE]. Each fault at a real node, with the looks of the handbook at it; see checks/nights.sh."""
import shutil
import sys
import time

from faults import FAULTS
from handbook import ROOT, nights
from rig import Failed, Rig

DIRECTORY = ROOT / "artifacts/nights"
COMMAND_SECONDS = 15


def spend(night, directory):
    """What the night showed, in words; raises Failed."""
    fault = FAULTS[night.title]()
    directory.mkdir(parents=True)
    if reason := fault.prepare(directory):
        return f"skipped: {reason}"
    rig = None
    try:
        rig = Rig(directory / "node", fault.settings, fault.wrapper)
        rig.load()
        came = time.monotonic()
        fault.come(rig)
        told = None
        for look in night.during:
            rig.sees(look, fault.seconds if told is None else COMMAND_SECONDS)
            told = told or time.monotonic() - came
        fault.go(rig)
        went = time.monotonic()
        for look in night.afterwards:
            rig.sees(look, fault.settles)
        found = rig.settle(fault.settles)
        return (f"told after {told:.1f} s; {len(night.during)} + {len(night.afterwards)} looks; {found['accepted']} accepted = "
                f"{found['delivered']} delivered + {found['deadLettered']} dead; settled {time.monotonic() - went:.1f} s after it went")
    finally:
        if rig:
            rig.close()
        fault.end()


def main():
    wanted = sys.argv[1].lower() if len(sys.argv) > 1 else ""
    documented = nights()
    if [night.title for night in documented] != list(FAULTS):
        sys.exit(f"docs/operating.md has other nights than there are faults: {[night.title for night in documented]}")
    failed = False
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    for number, night in enumerate(documented, 1):
        if wanted not in night.title.lower():
            continue
        start = time.monotonic()
        directory = DIRECTORY / str(number)
        try:
            said = spend(night, directory)
            shutil.rmtree(directory)
        except (Failed, OSError) as failure:
            failed, said = True, f"FAILED: {failure}"
        print(f"{night.title}: {said} ({time.monotonic() - start:.0f} s)", flush=True)
    sys.exit(1 if failed else 0)


main()
