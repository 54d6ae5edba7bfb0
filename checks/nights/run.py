"""Five nights: run.py [PART OF A TITLE]. Each fault at a real node, with the looks of the handbook at it; see checks/nights.sh."""
import shutil
import signal
import subprocess
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
    rig = None
    try:
        if reason := fault.prepare(directory):
            return f"skipped: {reason}"
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
        try:
            if rig:
                rig.close()
        finally:
            fault.end()


def main():
    wanted = sys.argv[1].lower() if len(sys.argv) > 1 else ""
    documented = nights()
    if [night.title for night in documented] != list(FAULTS):
        sys.exit(f"docs/operating.md has other nights than there are faults: {[night.title for night in documented]}")
    found = [(number, night) for number, night in enumerate(documented, 1) if wanted in night.title.lower()]
    if not found:
        sys.exit(f"no night has {wanted} in its title: {', '.join(FAULTS)}")
    # What a night began is closed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    failed = False
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    for number, night in found:
        start = time.monotonic()
        directory = DIRECTORY / str(number)
        try:
            said = spend(night, directory)
            shutil.rmtree(directory)
        except (Failed, OSError, ValueError, LookupError, subprocess.SubprocessError) as failure:
            failed, said = True, f"FAILED: {type(failure).__name__}: {failure}"
        print(f"{night.title}: {said} ({time.monotonic() - start:.0f} s)", flush=True)
    sys.exit(1 if failed else 0)


main()
