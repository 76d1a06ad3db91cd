"""A plain key-value server, written from the specification in nothing but Python, and one small fault at a time: --fault NAME.

usage: kv.py [--fault NAME] IP:PORT LEADER_IP:PORT
A follower tells the leader of itself; the leader sends REPLICATION to all that did.
"""

import json
import socket
import sys
import threading
import time

METHODS = {"PUT", "GET", "isLider", "REPLICATION", "FOLLOW"}


def address_of(word):
    host, _, port = word.rpartition(":")
    return host, int(port)


def message(method, value=None, key=None, timestamp=None):
    return {"method": method, "value": value, "key": key, "timestamp": timestamp}


def receive(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
        try:
            return json.loads(data)
        except ValueError:
            continue
    return None


def ask(address, request):
    with socket.create_connection(address) as connection:
        connection.sendall(json.dumps(request).encode())
        return receive(connection)


class Server:
    def __init__(self, own, leader, fault):
        self.own, self.leader, self.fault = own, leader, fault
        self.pairs, self.followers, self.last = {}, [], 0.0
        self.lock = threading.Lock()

    def serve(self):
        listener = socket.create_server(address_of(self.own))
        if self.own != self.leader:
            ask(address_of(self.leader), message("FOLLOW", self.own))
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection:
            request = receive(connection)
            if request is None:
                return
            answer = self.answer(request)
            if self.fault == "leaves-fields-out":
                answer = {name: value for name, value in answer.items() if value is not None}
            connection.sendall(json.dumps(answer).encode())
            while self.fault == "never-closes":
                time.sleep(1)

    def answer(self, request):
        if not isinstance(request, dict) or request.get("method") not in METHODS:
            return message("ERROR", "that is no message")
        method, value, key, timestamp = (request.get(name) for name in ("method", "value", "key", "timestamp"))
        if method == "isLider":
            return message("isLiderResponse", self.own == self.leader or self.fault == "always-leads")
        if method == "FOLLOW":
            self.followers.append(value)
            return message("FOLLOW")
        if not isinstance(key, str):
            return message("ERROR", "that is no key")
        if method == "REPLICATION":
            self.pairs[key] = tuple(value)
            return message("REPLICATION_OK", value[0], key, timestamp)
        return self.put(key, value) if method == "PUT" else self.get(key, value)

    def put(self, key, value):
        if self.own != self.leader and self.fault != "keeps-puts":
            return ask(address_of(self.leader), message("PUT", value, key))
        with self.lock:
            self.last = max(time.time(), self.last + 0.000001)
            timestamp = 7.0 if self.fault == "stops-the-clock" else self.last
            self.pairs[key] = (value, timestamp)
            for follower in self.followers:
                ask(address_of(follower), message("REPLICATION", [value, timestamp], key, timestamp))
        return message("PUT_OK", value, key, timestamp)

    def get(self, key, seen):
        if key not in self.pairs:
            return message("TRY_OTHER_SERVER_OR_LATER" if seen and self.fault != "forgets-what-was-seen" else "NULL")
        value, timestamp = self.pairs[key]
        if seen and seen > timestamp and self.fault != "gives-old-values":
            return message("TRY_OTHER_SERVER_OR_LATER")
        return message("GET_OK", value if self.fault == "gives-bare-values" else [value, timestamp])


def main(words):
    fault = None
    if words[:1] == ["--fault"]:
        fault, words = words[1], words[2:]
    Server(words[0], words[1], fault).serve()


main(sys.argv[1:])
