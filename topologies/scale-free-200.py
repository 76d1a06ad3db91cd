#!/usr/bin/env python3
"""Two hundred servents, a few of them hubs, on mininet hosts.

sudo python3 topologies/scale-free-200.py [--cli | --check]
"""

import sys

sys.dont_write_bytecode = True  # root would leave a folder here that only root can delete

from emulation import main  # noqa: E402

main(__file__)
