"""An overlay read from its JSON file, and the prediction of who answers. Knows nothing of mininet or processes."""

import json
import os

NEIGHBOURS_MAX = 10  # a servent knows no more (specification, section 1)
HOPS_MAX = 3         # a query's ttl (specification, section 4)


class OverlayError(Exception):
    """The file cannot be used; the message names the file and the offending word."""


class Servent:
    """One servent: its name, its key-value file, the positions of those it names as neighbours, in the file's order."""

    def __init__(self, name, file):
        self.name = name
        self.file = file
        self.neighbours = []


class Wire:
    """Two servents, by position, whose link delays or loses: (milliseconds, percent) in each direction."""

    def __init__(self, ends):
        self.ends = ends
        self.forth = (0, 0)
        self.back = (0, 0)


class Overlay:
    """The servents in the file's order, and the wires: those links that ask for delay or loss."""

    def __init__(self, name, servents, wires):
        self.name = name
        self.servents = servents
        self.wires = wires

    def hops_from(self, start, limit=HOPS_MAX):
        """Breadth-first search over the neighbour lists: {position: hops} of all within `limit`, `start` with 0."""
        hops = {start: 0}
        ring = [start]
        for distance in range(1, limit + 1):
            ring = [there for here in ring for there in self.servents[here].neighbours]
            ring = [there for there in dict.fromkeys(ring) if there not in hops]
            hops.update(dict.fromkeys(ring, distance))
        return hops


def read_overlay(path):
    """Reads and checks one file. Raises OverlayError."""
    try:
        with open(path, encoding='utf-8') as file:
            data = json.load(file)
    except OSError as error:
        raise OverlayError(f'{path}: {error.strerror}') from error
    except ValueError as error:
        raise OverlayError(f'{path}: not JSON: {error}') from error
    try:
        return overlay_from(data, os.path.dirname(os.path.abspath(path)))
    except OverlayError as error:
        raise OverlayError(f'{path}: {error}') from error
    except (KeyError, TypeError, AttributeError) as error:
        raise OverlayError(f'{path}: not an overlay (see topology.schema.json): {error!r}') from error


def overlay_from(data, folder):
    """The overlay of a parsed file; key-value files are relative to `folder`. Raises OverlayError."""
    servents = [Servent(entry['name'], os.path.join(folder, entry['file'])) for entry in data['servents']]
    positions = {servent.name: position for position, servent in enumerate(servents)}
    if not servents:
        raise OverlayError('expected at least one servent')
    if len(positions) < len(servents):
        raise OverlayError('expected every servent to have a name of its own')
    wires = {}
    for link in data['links']:
        here, there = (position_of(link[end], positions) for end in ('from', 'to'))
        if here == there:
            raise OverlayError(f'expected a link between two servents, got "{link["from"]}" twice')
        both_ways = not link.get('oneWay', False)
        connect(servents, here, there)
        if both_ways:
            connect(servents, there, here)
        quality = (link.get('delayMs', 0), link.get('lossPercent', 0))
        if quality != (0, 0):
            lay_wire(wires, here, there, both_ways, quality)
    for servent in servents:
        if len(servent.neighbours) > NEIGHBOURS_MAX:
            raise OverlayError(f'expected at most {NEIGHBOURS_MAX} neighbours, "{servent.name}" has '
                               f'{len(servent.neighbours)}')
    return Overlay(data['name'], servents, list(wires.values()))


def position_of(name, positions):
    if name not in positions:
        raise OverlayError(f'expected the name of a servent in a link, got "{name}"')
    return positions[name]


def connect(servents, here, there):
    if there not in servents[here].neighbours:
        servents[here].neighbours.append(there)


def lay_wire(wires, here, there, both_ways, quality):
    """One wire serves both directions, also where two one-way links give each its own delay."""
    ends = (min(here, there), max(here, there))
    wire = wires.setdefault(ends, Wire(ends))
    if both_ways or here < there:
        wire.forth = quality
    if both_ways or here > there:
        wire.back = quality
