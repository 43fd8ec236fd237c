"""Publish once and exit: the small program that `test_crash.py` kills and starves at every system call.

Arguments: the folder of the package, "folder" or "file", the target, what to write.
"""

import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from segmint.errors import SegmintError
from segmint.store.staging import publish_file, staging, write_file

kind, target, word = sys.argv[2], Path(sys.argv[3]), sys.argv[4]
try:
    if kind == "file":
        publish_file(target, lambda path: write_file(path, word.encode() * 1000))
    else:
        with staging(target, replace=True) as folder:
            for name in sys.argv[5].split(","):
                write_file(folder / name, f"{word} {name}".encode() * 1000)
except SegmintError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
