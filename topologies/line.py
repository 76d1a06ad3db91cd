#!/usr/bin/env python3
"""Five servents in a line, on mininet hosts.

sudo python3 topologies/line.py [--cli | --check]
"""

import sys

sys.dont_write_bytecode = True  # root would leave a folder here that only root can delete

from emulation import main  # noqa: E402

main(__file__)
