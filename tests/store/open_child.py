"""Open bundles under an audit hook and tell, one JSON line each, what happened.

Arguments: folders to open. Whatever the program needs is loaded before the hook listens, so everything it hears is caused by
the bundle.
"""

import json
import os
import sys
import time
from pathlib import Path

from segmint.errors import BundleError
from segmint.features.apply import apply_features  # noqa: F401
from segmint.store.bundle import open_bundle
from segmint.store.tensors import from_safetensors, to_safetensors

HARMLESS = {
    "builtins.id",
    "os.listdir",
    "os.scandir",
    "object.__getattr__",
    "object.__setattr__",
    "sys._getframe",
    "gc.get_objects",
}
heard: list[str] = []
listening = False
folder = ""


def listen(event: str, arguments: tuple[object, ...]) -> None:
    if not listening or event in HARMLESS:
        return
    if event == "open":
        path, _, flags = arguments
        # Plain names are opened below the bundle's own descriptor; nothing may be opened through a link.
        inside = path in (folder, f"{folder}/bundle") or (isinstance(path, str) and "/" not in path)
        if inside and isinstance(flags, int) and flags & os.O_NOFOLLOW and not flags & (os.O_WRONLY | os.O_RDWR):
            return
        if isinstance(path, int):
            return
    heard.append(f"{event} {arguments!r}"[:200])


def outcome() -> str:
    try:
        open_bundle(folder)
    except BundleError as error:
        return str(error)
    except BaseException as error:  # anything else is what this test is looking for
        return f"!{type(error).__name__}: {error}"
    return ""


def peak() -> int:
    """Peak memory of this program in KiB; `ru_maxrss` would begin with that of the process that started it."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1])


open_bundle(sys.argv[1])  # a good one, so that everything is loaded
from_safetensors(to_safetensors({}))
sys.addaudithook(listen)
for folder in sys.argv[1:]:
    heard.clear()
    memory = peak()
    start = time.perf_counter()
    listening = True
    said = outcome()
    listening = False
    seconds = time.perf_counter() - start
    grown = (peak() - memory) / 1024
    told = {"name": Path(folder).name, "said": said, "heard": heard, "seconds": seconds, "megabytes": grown}
    print(json.dumps(told), flush=True)
