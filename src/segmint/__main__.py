"""``python -m segmint``."""

import sys

from segmint.cli.app import main

sys.exit(main())
