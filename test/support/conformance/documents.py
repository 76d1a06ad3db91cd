"""A plain replicated document store, written from the specification in nothing but Python, and one small fault at a time.

usage: documents.py [--fault NAME] FOLDER WANTED IP:PORT [LEADER_IP:PORT]
WANTED is how many replicas must have a write, the leader among them. What is written stands in a file of FOLDER first. A follower tells
the leader of itself, and gets all that was ever written; the leader sends each further write to all that did, and answers when they have
it. A follower becomes the leader when the leader no longer takes connections.
"""

import json
import operator
import os
import socket
import struct
import sys
import threading
import time
import uuid

FRAME_MAX = 65535
TYPES = {"str": str, "int": int, "float": float, "bool": bool}
COMPARISONS = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
WRITES = {"create": 2, "destroy": 1, "insert": 2, "update": 3, "delete": 2}


class Refusal(Exception):
    pass


def address_of(word):
    host, _, port = word.rpartition(":")
    return host, int(port)


def read(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def receive(connection, fault=None):
    head = connection.recv(2).rjust(2, b"\0") if fault == "reads-once" else read(connection, 2)
    return json.loads(read(connection, *struct.unpack("!H", head)))


def send(connection, value):
    data = json.dumps(value).encode()
    if len(data) > FRAME_MAX:
        return send(connection, ["ko", "the reply does not fit 65,535 bytes: ask for pages"])
    connection.sendall(struct.pack("!H", len(data)) + data)


def ask(address, request):
    with socket.create_connection(address_of(address)) as connection:
        send(connection, request)
        return receive(connection)[1]


class State:
    """Collections of documents, and the first replies of requests with an identity: what the writes make of it in their order."""

    def __init__(self, fault):
        self.fault, self.schemas, self.documents, self.replies = fault, {}, {}, {}

    def write(self, name, *words):
        return getattr(self, name)(*words)

    def create(self, collection, schema):
        if collection in self.schemas:
            raise Refusal("the collection is there already")
        self.schemas[collection], self.documents[collection] = schema, {}
        return True if self.fault == "says-true-for-null" else None

    def destroy(self, collection):
        self.of(collection)
        if self.fault != "keeps-destroyed":
            del self.schemas[collection], self.documents[collection]

    def insert(self, collection, document):
        documents = self.of(collection)
        self.check(collection, document)
        if self.fault == "wants-every-attribute" and len(document) <= len(self.schemas[collection]):
            raise Refusal("an attribute is missing")
        if documents.get(document["_id"], document) != document and self.fault != "replaces-documents":
            raise Refusal("another document has this _id")
        documents[document["_id"]] = document
        return None if self.fault == "gives-no-ids" else document["_id"]

    def update(self, collection, query, changes):
        self.check(collection, changes)
        found = self.met(collection, query)
        for document in found:
            if self.fault == "updates-whole":
                self.documents[collection][document["_id"]] = {"_id": document["_id"], **changes}
            else:
                document.update(changes)
        return None if self.fault == "never-counts" else len(found)

    def delete(self, collection, query):
        found = self.met(collection, query)
        for document in found:
            del self.documents[collection][document["_id"]]
        return None if self.fault == "never-counts" else len(found)

    def met(self, collection, query):
        found = self.search(collection, query)
        return found[:1] if self.fault == "changes-the-first" else found

    def search(self, collection, query, page=None):
        documents = sorted(self.of(collection).items()) if self.fault != "never-sorts" else self.of(collection).items()
        found = [document for _, document in documents if self.meets(document, query)]
        if page and self.fault != "never-pages":
            found = [document for document in found if document["_id"] > page.get("after", "")][: page["limit"]]
        return found[:1] if self.fault == "finds-one" else found

    def meets(self, document, query):
        if self.fault == "no-ids-in-queries":
            query = {name: condition for name, condition in query.items() if name != "_id"}
        if self.fault == "any-condition" and query:
            return any(self.holds(document, *one) for one in query.items())
        return all(self.holds(document, *one) for one in query.items())

    def holds(self, document, name, condition):
        if name not in document:
            return self.fault == "missing-meets-all"
        if not isinstance(condition, dict) or self.fault == "equality-alone":
            return document[name] == condition
        return all(COMPARISONS[sign](document[name], value) for sign, value in condition.items())

    def of(self, collection):
        if collection not in self.documents:
            raise Refusal("there is no such collection")
        return self.documents[collection]

    def check(self, collection, document):
        self.of(collection)
        schema = {name.lstrip("*"): kind for name, kind in self.schemas[collection].items()}
        for name, value in document.items():
            if name in schema:
                if type(value) is not TYPES[schema[name]] and self.fault != "takes-any-type":
                    raise Refusal(f"{name} is no {schema[name]}")
            elif name != "_id" and ("..." not in schema or self.fault == "never-opens") and self.fault != "takes-any-attribute":
                raise Refusal(f"there is no attribute {name}")


class Replica:
    def __init__(self, folder, wanted, own, leader, fault):
        self.file = os.path.join(folder, own.replace(":", "-") + ".log")
        self.wanted, self.own, self.leader, self.fault = wanted, own, leader, fault
        self.state, self.followers, self.lock = State(fault), [], threading.RLock()
        self.writes = []

    def serve(self):
        listener = socket.create_server(address_of(self.own))
        if self.leader:
            open(self.file, "w").close()
            for write in ask(self.leader, ["follow", self.own]):
                self.take(*write)
        elif os.path.exists(self.file) and self.fault != "keeps-no-log":
            with open(self.file) as file:
                for write in [json.loads(line) for line in file]:
                    self.make(*write)
        while True:
            connection, _ = listener.accept()
            if self.fault == "one-at-a-time":
                self.talk(connection)
            else:
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection:
            try:
                while True:
                    request = receive(connection, self.fault)
                    send(connection, self.reply(request))
                    if self.fault == "one-request":
                        return
            except (EOFError, OSError):
                return
            except ValueError:
                if self.fault == "dies-of-garbage":
                    os._exit(1)
                if self.fault != "closes-silently":
                    send(connection, ["ko", "that is no request"])
                while self.fault == "never-closes":
                    time.sleep(1)

    def reply(self, request):
        if not isinstance(request, list) or not request or not isinstance(request[0], str):
            raise ValueError
        try:
            return ["ok", self.do(*request)]
        except Refusal as refusal:
            return ["ko"] if self.fault == "gives-no-reasons" else ["ko", str(refusal)]

    def do(self, name, *words):
        if name in WRITES:
            return self.change(name, list(words[: WRITES[name]]), *words[WRITES[name]:])
        if name == "follow":
            with self.lock:
                self.followers.append(words[0])
                return [] if self.fault == "forgets-the-past" else self.writes
        if name == "replicate":
            return self.take(*words)
        with self.lock:
            if name == "describe":
                return {one: {"documents": len(self.state.documents[one]), **({} if self.fault == "describes-no-schemas" else
                        {"schema": schema})} for one, schema in self.state.schemas.items()}
            if name == "search":
                return self.state.search(*words)
            if name == "status" and self.fault != "knows-no-status":
                members = [self.own, *self.followers]
                return {"role": "follower" if self.leader else "leader", "epoch": 1, "leader": self.leader or self.own, "lag": 0,
                        "members": members, "inSync": members, "position": len(self.writes), "version": "1"}
        if self.fault == "ignores-the-unknown":
            return None
        raise Refusal("there is no such operation")

    def change(self, name, words, options=None):
        if self.leader and self.fault != "writes-anywhere":
            self.take_over()
        identity = (options or {}).get("request")
        with self.lock:
            if len(self.followers) + 1 < self.wanted and self.fault != "wants-nobody":
                raise Refusal("too few replicas are in sync")
            if name == "insert":
                given = {} if self.fault == "makes-every-id" else words[1]
                words[1] = {**words[1], "_id": given.get("_id", str(uuid.uuid4()))}
            if identity in self.state.replies and self.fault != "forgets-requests":
                return self.state.replies[identity]
            result = self.take(name, words, identity)
            if self.fault != "forgets-followers":
                self.replicate([name, words, identity])
            return result

    def replicate(self, write):
        for follower in list(self.followers):
            if self.fault == "answers-first":
                threading.Timer(10, ask, (follower, ["replicate", *write])).start()
                continue
            try:
                ask(follower, ["replicate", *write])
            except OSError:
                if self.fault == "insists-on-followers":
                    raise Refusal("a follower is gone")
                self.followers.remove(follower)

    def take(self, name, words, identity):
        """Makes a write, and keeps it. A write that is refused changes nothing, and is not kept."""
        with self.lock:
            result = self.make(name, words, identity)
            with open(self.file, "a") as file:
                file.write(json.dumps([name, words, identity]) + "\n")
            return result

    def make(self, name, words, identity):
        with self.lock:
            result = self.state.write(name, *words)
            self.writes.append([name, words, identity])
            if identity:
                self.state.replies[identity] = result
            return result

    def take_over(self):
        try:
            socket.create_connection(address_of(self.leader)).close()
        except OSError:
            if self.fault != "waits-for-the-leader":
                self.leader = None
                return
        raise Refusal(f"not the leader: {self.leader} leads")


def main(words):
    fault = None
    if words[:1] == ["--fault"]:
        fault, words = words[1], words[2:]
    folder, wanted, own, leader = [*words, None][:4]
    Replica(folder, int(wanted), own, leader, fault).serve()


main(sys.argv[1:])
