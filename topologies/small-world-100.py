#!/usr/bin/env python3
"""A hundred servents in a small world, on mininet hosts.

sudo python3 topologies/small-world-100.py [--cli | --check]
"""

import sys

sys.dont_write_bytecode = True  # root would leave a folder here that only root can delete

from emulation import main  # noqa: E402

main(__file__)
