"""Asks every servent for keys that tell who answered, and compares with the breadth-first prediction."""

import json
import os
import subprocess
import time

from .overlay import HOPS_MAX

EVERY_PAIR_MAX = 12    # servents: up to here each asks for the key of each other one, beyond for one at each distance
HELD_BY_ALL = 'marker-of-all'  # the markers of `topology check`
CLIENTS_AT_ONCE = 12 * (os.cpu_count() or 1)  # they mostly wait
START_S = 30           # what a client may take besides its waits
POLL_S = 0.02


class Question:
    """One client that asks one servent for several keys, and what must come of it: {key: {from: value}}."""

    def __init__(self, servent, host, contact, expected):
        self.servent = servent
        self.host = host
        self.contact = contact
        self.expected = expected
        self.answers = {}
        self.faults = []


def write_files(overlay, folder):
    """Each servent's file with two lines more: a key that all hold, and one that only it holds. Gives the paths."""
    paths = []
    for position, servent in enumerate(overlay.servents):
        path = os.path.join(folder, f'check-{position}.txt')
        with open(servent.file, 'rb') as source, open(path, 'wb') as copy:
            lines = f'\n{HELD_BY_ALL}\t{servent.name}\n{marker_of(servent)}\t{servent.name}\n'
            copy.write(source.read() + lines.encode())
        paths.append(path)
    return paths


def marker_of(servent):
    return f'marker-of-{servent.name}'


def questions(overlay, port, address_of):
    """Each servent is asked twice: from the next host, by its address, and on its own host, through 127.0.0.1."""
    asked = []
    count = len(overlay.servents)
    for position in range(count):
        address = f'{address_of(position)}:{port}'
        loopback = f'127.0.0.1:{port}'
        far = predict(overlay, position, lambda there: f'{address_of(there)}:{port}')
        near = predict(overlay, position,
                       lambda there, here=position: loopback if there == here else f'{address_of(there)}:{port}')
        asked.append(Question(position, (position + 1) % count, address, far))
        asked.append(Question(position, position, loopback, near))
    return asked


def predict(overlay, start, endpoint_of):
    """{key: {from: value}} for the keys that `start` is asked for."""
    hops = overlay.hops_from(start)
    expected = {HELD_BY_ALL: {endpoint_of(there): overlay.servents[there].name for there in sorted(hops)}}
    for there in targets(overlay, start):
        servent = overlay.servents[there]
        expected[marker_of(servent)] = {endpoint_of(there): servent.name} if there in hops else {}
    return expected


def targets(overlay, start):
    """Whose own keys `start` is asked for: all, or in a large overlay the first at each distance and beyond reach."""
    count = len(overlay.servents)
    if count <= EVERY_PAIR_MAX:
        return list(range(count))
    hops = overlay.hops_from(start, HOPS_MAX + 1)
    first = {}
    for there in range(count):
        first.setdefault(hops.get(there), there)
    return sorted(first.values())


def ask_all(network, asked, wait_s):
    """Runs the clients, some at a time, and fills in what each question brought."""
    waiting, running = list(asked), []
    while waiting or running:
        while waiting and len(running) < CLIENTS_AT_ONCE:
            running.append(Asking(network, waiting.pop(0), wait_s))
        time.sleep(POLL_S)
        running = [asking for asking in running if not asking.is_over()]


class Asking:
    """A client at work."""

    def __init__(self, network, question, wait_s):
        self.question = question
        self.path = os.path.join(network.folder, f'answers-{id(question)}')
        # Nothing keeps a question going for longer than its two waits and one for each answer.
        waits = sum(2 + len(answers) for answers in question.expected.values())
        self.deadline = time.monotonic() + START_S + waits * wait_s
        with open(self.path, 'wb') as output:
            self.process = network.popen(
                question.host, 'client', '--json', '--timeout', str(wait_s), question.contact, *question.expected,
                stdout=output, stderr=subprocess.STDOUT)

    def is_over(self):
        if self.process.poll() is None:
            if time.monotonic() < self.deadline:
                return False
            self.process.kill()
            self.process.wait()
            self.question.faults.append('the client did not end')
        with open(self.path, encoding='utf-8', errors='replace') as output:
            compare(self.question, output.read().splitlines(), self.process.returncode)
        os.unlink(self.path)
        return True


def compare(question, lines, status):
    """Fills in the answers that came, and a fault for what the table of answers cannot show."""
    came = {key: {} for key in question.expected}
    for line in lines:
        try:
            event = json.loads(line)
            if event['event'] == 'summary':
                continue
            key, responder, value = event['key'], event['from'], event['value']
        except (ValueError, KeyError, TypeError):
            question.faults.append(f'the client said: {line}')
            continue
        if responder in came.setdefault(key, {}):
            question.faults.append(f'{key}: {responder} answered twice')
        came[key][responder] = value
    question.answers = came
    foreseen = 0 if all(question.expected.values()) else 1
    if status != foreseen and came == question.expected:
        question.faults.append(f'the client ended with status {status}, not {foreseen}')


def is_wrong(question, key):
    return question.answers.get(key) != question.expected.get(key)


def wrong_count(asked):
    """Keys that were not answered as predicted, and faults besides."""
    return sum(len(question.faults) + sum(is_wrong(question, key) for key in question.expected) for question in asked)


COLUMNS = ('asked at', 'through', 'from', 'key', 'expected', 'answered', '')


def table(overlay, asked):
    """The lines to print: for each question the key that all hold, and of the other keys those that went wrong."""
    rows = [COLUMNS]
    faults = []
    for question in asked:
        name = overlay.servents[question.servent].name
        for key in question.expected:
            wrong = is_wrong(question, key)
            if wrong or key == HELD_BY_ALL:
                rows.append((name, question.contact, f'h{question.host + 1}', key, names(question.expected[key], {}),
                             names(question.answers.get(key, {}), question.expected[key]), 'WRONG' if wrong else 'ok'))
        faults += [f'{name} through {question.contact}: {fault}' for fault in question.faults]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ['  '.join(map(str.ljust, row, widths)).rstrip() for row in rows] + faults


def names(answers, expected):
    """Who answered, in the servents' order as far as it was foreseen; with the endpoint where it was not."""
    order = [responder for responder in expected if responder in answers]
    order += [responder for responder in answers if responder not in expected]
    seen = [answers[responder] if not expected or expected.get(responder) == answers[responder]
            else f'{answers[responder]}({responder})' for responder in order]
    return ' '.join(seen) or '-'
