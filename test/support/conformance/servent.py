"""A plain servent, written from the specification in nothing but Python, and one small fault at a time: --fault NAME.

usage: servent.py [--fault NAME] PORT FILE [IP:PORT ...]
"""

import random
import socket
import struct
import sys

CLIREQ, QUERY, RESPONSE = 1, 2, 3
TTL_MAX = 3
# Of a query of its own: no copy has more.
OWN = 99
NEIGHBOURS_MAX = 10
DATAGRAM_MAX = 65507
BLANKS = b" \t"


FAULT = sys.argv[2] if sys.argv[1:2] == ["--fault"] else None


def fail(status, message):
    print("no" if FAULT == "hides-refusals" else f"servent: {message}", file=sys.stderr)
    sys.exit(status)


def endpoint_of(word):
    host, _, port = word.rpartition(":")
    try:
        socket.inet_aton(host)
        if not 1 <= int(port) <= 65535:
            raise ValueError
    except (OSError, ValueError):
        fail(2, f"expected ip:port, got {word}")
    return host, int(port)


def read_pairs(path, fault):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        fail(1, f"expected a readable file, got {path}: {error.strerror}")
    if fault != "keeps-bom":
        data = data.removeprefix(b"\xef\xbb\xbf")
    pairs = {}
    lines = data.split(b"\n")
    for line in lines[:-1] if fault == "wants-a-last-line-end" else lines:
        if fault != "keeps-carriage-return":
            line = line.removesuffix(b"\r")
        bare = line.lstrip(BLANKS)
        if not bare and fault == "stops-at-blank-lines":
            break
        if fault == "reads-UTF-8-alone" and b"\xef\xbf\xbd" in line.decode(errors="replace").encode():
            continue
        if not bare or (bare.startswith(b"#") and fault != "reads-comments"):
            continue
        if fault == "splits-at-tab-only":
            key, _, value = bare.partition(b"\t")
        else:
            ends = BLANKS + b"." if fault == "splits-at-dots" else BLANKS
            end = next((i for i, byte in enumerate(bare) if byte in ends), len(bare))
            key, value = bare[:end], bare[end:]
        value = value[1:].lstrip(b" ") if fault == "keeps-further-tabs" else value.lstrip(BLANKS)
        if fault == "cuts-value-at-hash":
            value = value.split(b"#")[0]
        if fault != "keeps-trailing-blanks":
            value = value.rstrip(BLANKS)
        if not value and fault != "serves-empty-values":
            continue
        if fault == "cuts-the-too-long":
            value = value[:60000]
        if 2 + len(key) + 1 + len(value) > DATAGRAM_MAX:
            continue
        if fault == "first-wins" and key in pairs:
            continue
        pairs[key] = value
    return pairs


class Servent:
    def __init__(self, port, pairs, neighbours, fault):
        self.pairs, self.neighbours, self.fault = pairs, neighbours, fault
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        try:
            self.socket.bind(("0.0.0.0", port))
        except OSError as error:
            fail(1, f"expected a free port, got {port}: {error.strerror}")
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sequence = 0 if fault == "counts-from-zero" else random.randrange(1 << 20, 1 << 31)
        self.seen, self.heard, self.asked = {}, 0, {}

    def serve(self):
        while True:
            datagram, sender = self.socket.recvfrom(65536)
            if self.fault == "dies-of-short" and len(datagram) < 2:
                sys.exit(1)
            self.heard += 1
            if self.fault == "dies-of-floods" and self.heard > 1000:
                sys.exit(1)
            self.hear(datagram, sender)

    def hear(self, datagram, sender):
        if len(datagram) < 2:
            if self.fault == "answers-the-short":
                self.say(b"\x00\x03error\ttoo short", sender)
            return
        kind = struct.unpack_from("!H", datagram)[0]
        if kind == RESPONSE and self.fault == "answers-responses":
            self.say(datagram, sender)
        if kind == CLIREQ:
            self.clireq(datagram[2:], sender)
        elif kind == QUERY and len(datagram) >= 14:
            ttl, ip, port, sequence = struct.unpack_from("!H4sHI", datagram, 2)
            self.query(ttl, ip, port, sequence, datagram[14:], sender)
        elif self.fault == "answers-unknown-types" and kind > 3:
            self.say(b"\x00\x03error\tunknown type", sender)

    def clireq(self, text, client):
        key = text.split(b"\0")[0]
        if not key and self.fault != "forwards-empty-keys":
            return
        sequence = self.sequence
        self.sequence = (self.sequence + (2 if self.fault == "counts-by-two" else 1)) % (1 << 32)
        if self.fault == "knows-retransmitted":
            sequence = self.asked.setdefault((client, key), sequence)
        ttl = 2 if self.fault == "ttl-begins-at-2" else TTL_MAX
        if self.fault != "forgets-own":
            self.seen[self.identity(*client, sequence, text)] = OWN
        neighbours = self.neighbours[:1] if self.fault == "asks-first-neighbour-only" else self.neighbours
        if self.fault == "asks-only-what-it-lacks" and key in self.pairs:
            neighbours = []
        for neighbour in neighbours:
            ip, port = client
            if self.fault == "names-itself-as-client":
                port = self.socket.getsockname()[1]
            if ip.startswith("127.") and not neighbour[0].startswith("127.") and self.fault != "tells-loopback":
                ip = self.address_toward(neighbour)
            if self.fault != "forgets-own":
                self.seen[self.identity(ip, port, sequence, text)] = OWN
            text_sent = text + b"\0" if self.fault == "ends-queries-with-nul" else text
            ttl_bytes = struct.pack("<H" if self.fault == "little-endian-ttl" else "!H", ttl)
            self.say(struct.pack("!H", QUERY) + ttl_bytes + socket.inet_aton(ip) + struct.pack("!HI", port, sequence) + text_sent, neighbour)
        self.answer(key, text, client)
        if self.fault == "answers-twice":
            self.answer(key, text, client)

    def query(self, ttl, ip, port, sequence, text, sender):
        key = text.split(b"\0")[0]
        client = (socket.inet_ntoa(ip), port)
        if not key and self.fault != "forwards-empty-keys":
            return
        if port == 0 and self.fault != "takes-client-port-0":
            return
        if (ip[0] == 0 or 224 <= ip[0] <= 239 or ip == b"\xff\xff\xff\xff") and self.fault != "takes-any-client-address":
            return
        if ip[0] == 127 and not sender[0].startswith("127.") and self.fault != "answers-far-loopback":
            return
        if self.fault == "adopts-senders" and sender not in self.neighbours:
            self.neighbours.append(sender)
        if self.fault == "neighbours-only" and sender not in self.neighbours:
            return
        if self.fault != "trusts-ttl":
            ttl = min(ttl, TTL_MAX)
        identity = self.identity(*client, sequence, text)
        best = self.seen.get(identity)
        if self.fault == "forwards-copies" and best is not None and best < OWN:
            best = -1
        if best is not None and (ttl <= best or self.fault == "first-ttl-only"):
            if self.fault == "answers-copies" and best < OWN:
                self.answer(key, text, client)
            return
        self.seen[identity] = ttl
        if best is None or self.fault == "answers-later-copies":
            if self.fault != "drops-last-hop" or ttl > 1:
                self.answer(key, text, sender if self.fault == "answers-the-sender" else client)
        ttl -= 0 if self.fault == "keeps-ttl" else 1
        if ttl < (0 if self.fault == "expires-late" else 1):
            return
        if self.fault == "answers-or-forwards" and key in self.pairs:
            return
        text = key if self.fault == "drops-padding" else text
        for neighbour in self.neighbours:
            if neighbour != sender or self.fault == "sends-back":
                if self.fault == "names-sender-as-client":
                    ip, port = socket.inet_aton(sender[0]), sender[1]
                self.say(struct.pack("!HH4sHI", QUERY, max(ttl, 0), ip, port, sequence) + text, neighbour)
                if self.fault == "forwards-to-one":
                    return

    def identity(self, ip, port, sequence, text):
        whole = {"ip": ip, "port": port, "sequence": sequence, "key": text.split(b"\0")[0]}
        if self.fault == "keys-with-padding":
            whole["key"] = text
        if self.fault in ("forgets-the-ip", "forgets-the-port", "forgets-the-key", "forgets-the-sequence"):
            del whole[self.fault.removeprefix("forgets-the-")]
        return tuple(whole.values())

    def answer(self, key, text, client):
        value = self.pairs.get(key)
        if value is None:
            if self.fault == "says-not-found":
                self.say(struct.pack("!H", RESPONSE) + key + b"\tnot found", client)
            return
        tail = b"\0" if b"\0" in text else b""
        if self.fault == "never-ends-with-nul":
            tail = b""
        if self.fault == "always-ends-with-nul":
            tail = b"\0"
        named = b"" if self.fault == "answers-the-value-alone" else key + b"\t"
        self.say(struct.pack("!H", RESPONSE) + named + value + tail, client)

    def say(self, datagram, to):
        sender = self.other if self.fault == "sends-from-another-port" else self.socket
        try:
            sender.sendto(datagram, to)
        except OSError:
            pass

    def address_toward(self, neighbour):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(neighbour)
            return probe.getsockname()[0]


def main(words):
    fault, words = FAULT, words[2:] if FAULT else words
    if len(words) < 2:
        fail(2, "expected PORT FILE [IP:PORT ...]")
    neighbours = [endpoint_of(word) for word in words[2:]]
    if len(neighbours) > NEIGHBOURS_MAX and fault != "takes-any-number":
        fail(2, f"expected at most {NEIGHBOURS_MAX} neighbours, got {words[2 + NEIGHBOURS_MAX]} too")
    Servent(int(words[0]), read_pairs(words[1], fault), neighbours, fault).serve()


main(sys.argv[1:])
