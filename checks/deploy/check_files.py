#!/usr/bin/env python3
"""Every YAML and JSON file under deploy/ can be read, and no key stands twice."""
import json
import re

from common import DEPLOY, PROBLEMS, finish, load_all, yaml

files = [p for p in DEPLOY.rglob("*") if p.suffix in (".yml", ".yaml", ".json")]
for path in files:
    try:
        # Settings may have lines of comment.
        json.loads(re.sub(r"(?m)^\s*//.*$", "", path.read_text())) if path.suffix == ".json" else load_all(path)
    except (ValueError, yaml.YAMLError) as e:
        PROBLEMS.append(f"{path.relative_to(DEPLOY)}: {e}")
print(f"{len(files)} files")
finish()
