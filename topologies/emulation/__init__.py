"""Runs the overlays of topologies/*.json on mininet hosts: one host a servent, a switch between them."""

from .command import main

__all__ = ['main']
