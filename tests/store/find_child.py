"""Look for runs by names from strangers, under an audit hook; tell what was opened and what went wrong.

Arguments: the folder of runs. Names come as a JSON list on the standard input.
"""

import json
import os
import sys
from pathlib import Path

from segmint.errors import RunError
from segmint.store.runs import find_run

runs = Path(sys.argv[1])
names = json.loads(sys.stdin.read())
opened: list[str] = []
wrong: list[str] = []
listening = False


def listen(event: str, arguments: tuple[object, ...]) -> None:
    if listening and event in ("open", "os.listdir", "os.scandir") and not isinstance(arguments[0], int):
        opened.append(os.path.realpath(os.fsdecode(arguments[0])))  # type: ignore[arg-type]


sys.addaudithook(listen)
listening = True
for name in names:
    try:
        find_run(name, runs, paths=False)
    except RunError as error:
        if not str(error).isascii() or "\n" in error.came:
            wrong.append(f"not printable: {name!r}")
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {name!r}")
    else:
        wrong.append(f"found: {name!r}")
listening = False
print(json.dumps({"opened": sorted(set(opened)), "wrong": wrong}))
