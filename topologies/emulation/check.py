"""Asks every servent for keys that tell who answered, and compares with the breadth-first prediction."""

import json
import os
import subprocess
import time

from .overlay import HOPS_MAX

EVERY_PAIR_MAX = 12    # servents: up to here each asks for the key of each other one, beyond for one at each distance
COMMON_KEY = 'held-by-all'
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
            lines = f'\n{COMMON_KEY}\t{servent.name}\n{own_key(position)}\t{servent.name}\n'
            copy.write(source.read() + lines.encode())
        paths.append(path)
    return paths


def own_key(position):
    return f'held-by-{position + 1}'


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
    expected = {COMMON_KEY: {endpoint_of(there): overlay.servents[there].name for there in hops}}
    for there in targets(overlay, start):
        expected[own_key(there)] = {endpoint_of(there): overlay.servents[there].name} if there in hops else {}
    return expected


def targets(overlay, start):
    """Whose own keys `start` is asked for: everybody's, or in a large overlay the first at each distance and beyond reach."""
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
    """Fills in the answers that came, and a fault for each that is missing, unforeseen, wrong or there twice."""
    came = {key: {} for key in question.expected}
    for line in lines:
        try:
            answer = json.loads(line)
            key, responder, value = answer['key'], answer['from'], answer['value']
        except (ValueError, KeyError, TypeError):
            question.faults.append(f'the client said: {line}')
            continue
        if responder in came.setdefault(key, {}):
            question.faults.append(f'{key}: {responder} answered twice')
        came[key][responder] = value
    question.answers = came
    for key, expected in question.expected.items():
        for responder in sorted(expected.keys() - came[key].keys()):
            question.faults.append(f'{key}: no answer from {responder} ({expected[responder]})')
        for responder in sorted(came[key].keys() - expected.keys()):
            question.faults.append(f'{key}: unforeseen answer from {responder}')
        for responder in sorted(expected.keys() & came[key].keys()):
            if came[key][responder] != expected[responder]:
                question.faults.append(f'{key}: {responder} answered "{came[key][responder]}"')
    foreseen = 0 if all(question.expected.values()) else 1
    if status != foreseen and not question.faults:
        question.faults.append(f'the client ended with status {status}, not {foreseen}')


COLUMNS = ('servent', 'contact', 'asked on', 'keys', 'answers', 'predicted', 'reach', 'result')


def table(overlay, asked):
    """The lines to print: a row for each question, then every fault in words."""
    rows = [COLUMNS]
    faults = []
    for question in asked:
        name = overlay.servents[question.servent].name
        answers, predicted = (sum(map(len, found.values())) for found in (question.answers, question.expected))
        reach = f'{len(question.answers.get(COMMON_KEY, {}))} of {len(overlay.servents)}'
        result = f'{len(question.faults)} wrong' if question.faults else 'ok'
        rows.append((name, question.contact, f'h{question.host + 1}', str(len(question.expected)),
                     str(answers), str(predicted), reach, result))
        faults += [f'{name} through {question.contact}: {fault}' for fault in question.faults]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return lines + ([''] + faults if faults else [])
