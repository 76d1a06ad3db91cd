"""A plain key-value server, written from the specification in nothing but Python, and one small fault at a time: --fault NAME.

usage: kv.py [--fault NAME] WANTED IP:PORT LEADER_IP:PORT
WANTED is how many servers must have a write, the leader among them. A follower tells the leader of itself; the leader sends REPLICATION to all that did.
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


def receive(connection, fault=None):
    data = b""
    while piece := connection.recv(65536):
        data += piece
        try:
            return json.loads(data)
        except ValueError:
            if fault == "reads-once":
                return None
    return None


def ask(address, request):
    with socket.create_connection(address) as connection:
        connection.sendall(json.dumps(request).encode())
        return receive(connection)


class Server:
    def __init__(self, wanted, own, leader, fault):
        self.wanted, self.own, self.leader, self.fault = wanted, own, leader, fault
        self.pairs, self.followers, self.last = {}, [], 0.0
        self.lock = threading.Lock()

    def serve(self):
        listener = socket.create_server(address_of(self.own))
        if self.own != self.leader:
            ask(address_of(self.leader), message("FOLLOW", self.own))
        while True:
            connection, _ = listener.accept()
            if self.fault == "one-at-a-time":
                self.talk(connection)
            else:
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection:
            request = receive(connection, self.fault)
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
            leads = {"always-leads": True, "never-leads": False}.get(self.fault, self.own == self.leader)
            return message("isLiderResponse", leads)
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
            if len(self.followers) + 1 < self.wanted and self.fault != "wants-nobody":
                return message("ERROR", "too few servers have it")
            self.last = max(time.time(), self.last + 0.000001)
            timestamp = 7.0 if self.fault == "stops-the-clock" else self.last
            self.pairs[key] = (value, timestamp)
            for follower in self.followers:
                ask(address_of(follower), message("REPLICATION", [value, timestamp], key, timestamp))
        return message("PUT_OK", *(("", "") if self.fault == "forgets-what-was-put" else (value, key)), timestamp)

    def get(self, key, seen):
        if key not in self.pairs:
            if self.fault == "invents-values" and not seen:
                return message("GET_OK", ["", 0])
            return message("TRY_OTHER_SERVER_OR_LATER" if seen and self.fault != "forgets-what-was-seen" else "NULL")
        value, timestamp = self.pairs[key]
        if seen and seen == timestamp and self.fault == "wants-later":
            return message("TRY_OTHER_SERVER_OR_LATER")
        if seen and seen > timestamp and self.fault != "gives-old-values":
            return message("TRY_OTHER_SERVER_OR_LATER")
        return message("GET_OK", value if self.fault == "gives-bare-values" else [value, timestamp])


def main(words):
    fault = None
    if words[:1] == ["--fault"]:
        fault, words = words[1], words[2:]
    Server(int(words[0]), words[1], words[2], fault).serve()


main(sys.argv[1:])
