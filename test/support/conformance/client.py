"""A plain client, written from the specification in nothing but Python, and one small fault at a time: --fault NAME.

usage: client.py [--fault NAME] IP:PORT
"""

import re
import socket
import struct
import sys
import time

CLIREQ, RESPONSE = 1, 3
WAIT_SECONDS = 4
UNSAFE = re.compile("[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(value, fault):
    text = value.decode("utf-8", "backslashreplace")
    if fault == "replaces-tabs":
        text = text.replace("\t", " ")
    if fault == "shows-raw":
        return text
    return UNSAFE.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", text)


def parse(datagram, asked, fault):
    """The value of a RESPONSE for the key asked, or None."""
    if fault == "dies-of-malformed":
        struct.unpack_from("!H", datagram)
    if len(datagram) < 3 or struct.unpack_from("!H", datagram)[0] != RESPONSE:
        return None
    text = datagram[2:] if fault == "shows-what-follows-nul" else datagram[2:].split(b"\0")[0]
    key, tab, value = text.partition(b"\t")
    if not tab:
        return None if fault == "insists-on-tab" else text
    return value if key and (key == asked or fault == "takes-any-key") else None


class Client:
    def __init__(self, contact, fault):
        self.contact, self.fault = contact, fault
        self.socket = None

    def ask(self, key):
        if self.socket is None or self.fault != "one-socket":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        answers, held = set(), []
        times_asked = 0
        wait = {"waits-1-second": 1, "waits-8-seconds": 8}.get(self.fault, WAIT_SECONDS)
        retransmissions = {"never-asks-again": 0, "asks-three-times": 2}.get(self.fault, 1)
        while not answers and times_asked <= retransmissions:
            times_asked += 1
            end = b"\0" if self.fault == "ends-with-nul" else b"\n" if self.fault == "ends-with-newline" else b""
            self.socket.sendto(struct.pack("!H", CLIREQ) + key + end, self.contact)
            seconds = 1 if self.fault == "gives-up-early" and times_asked == 2 else wait
            self.listen(key, seconds, answers, held)
        if self.fault == "asks-again-though-answered" and answers:
            self.socket.sendto(struct.pack("!H", CLIREQ) + key, self.contact)
        for line in held:
            print(line)
        if not answers and self.fault != "says-nothing-for-none":
            print("no response came")
        if answers and self.fault != "says-nothing-at-the-end":
            print("no more responses")

    def listen(self, key, seconds, answers, held):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                datagram, sender = self.socket.recvfrom(65536)
            except TimeoutError:
                return
            if self.fault == "slow":
                time.sleep(0.02)
            value = parse(datagram, key, self.fault)
            answer = value if self.fault == "one-of-a-value" else (sender, value)
            if value is None or (answer in answers and self.fault != "shows-copies"):
                continue
            answers.add(answer)
            if self.fault == "shows-no-sender":
                line = shown(value, self.fault)
            else:
                line = f"{sender[0]}:{sender[1]}\t{shown(value, self.fault)}"
            if self.fault == "shows-at-the-end":
                held.append(line)
            else:
                print(line)
            if self.fault == "first-only":
                return
            if self.fault != "never-restarts":
                until = time.monotonic() + seconds


def main(words):
    fault = None
    if words[:1] == ["--fault"]:
        fault, words = words[1], words[2:]
    host, _, port = words[0].rpartition(":")
    client = Client((host, int(port)), fault)
    for line in sys.stdin:
        key = line.strip("\n") if fault == "keeps-blanks" else line.strip()
        if not key:
            continue
        if " " in key.strip() and fault != "asks-for-blanks":
            print("a key has no blank inside")
            continue
        client.ask(key.encode())
    while fault == "never-ends":
        time.sleep(1)


main(sys.argv[1:])
