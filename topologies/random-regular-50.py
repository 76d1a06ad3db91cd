#!/usr/bin/env python3
"""Fifty servents with four random neighbours each, on mininet hosts.

sudo python3 topologies/random-regular-50.py [--cli | --check]
"""

import sys

sys.dont_write_bytecode = True  # root would leave a folder here that only root can delete

from emulation import main  # noqa: E402

main(__file__)
