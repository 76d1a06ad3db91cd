"""A plain backup agent of the simple wire, written from the specification in nothing but Python, and one small fault at a time.

usage: backup-agent.py [--fault NAME] ROOT IP:PORT
"""

import hashlib
import io
import os
import re
import socket
import sys
import tarfile
import threading

LINE_MAX = 4096


class Agent:
    def __init__(self, root, fault):
        self.root, self.fault = os.path.realpath(root), fault

    def serve(self, address):
        host, _, port = address.rpartition(":")
        listener = socket.create_server((host, int(port)))
        while True:
            connection, _ = listener.accept()
            if self.fault == "one-at-a-time":
                self.talk(connection)
            else:
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection:
            try:
                connection.sendall(self.answer(self.read_line(connection)))
                # What is still to be read would turn the close into a reset.
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1)
                while connection.recv(65536):
                    pass
            except ConnectionError:
                if self.fault == "dies-of-resets":
                    os._exit(1)
            except OSError:
                pass

    def read_line(self, connection):
        line = b""
        while not line.endswith(b"\n") and len(line) < LINE_MAX:
            piece = connection.recv(1 if self.fault != "reads-once" else LINE_MAX)
            line += piece
            if not piece or self.fault == "reads-once":
                break
        return line

    def answer(self, line):
        asked = re.fullmatch(rb"([^:\n]+):([0-9a-f]{32})?\n", line)
        if not asked:
            if self.fault == "dies-of-garbage":
                os._exit(1)
            return b"error" if self.fault == "says-error" else b""
        path = os.path.realpath(os.fsdecode(asked[1]))
        if not os.path.exists(path):
            return b"updates needed: n" if self.fault == "keeps-missing-quiet" else b""
        if self.fault != "lends-everything" and os.path.commonpath([path, self.root]) != self.root:
            return b""
        if self.fault == "lends-folders-alone" and not os.path.isdir(path):
            return b""
        packed, md5 = self.pack(path)
        if self.fault == "sums-the-tar":
            md5 = hashlib.md5(packed).hexdigest()
        if asked[2] and (asked[2].decode() == md5 or self.fault == "first-time-only"):
            return b"updates needed: n"
        return b"updates needed: y" + packed

    def pack(self, path):
        packed, md5 = io.BytesIO(), hashlib.md5()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for each in sorted(self.below(path)):
                name = os.path.relpath(each, self.root) if self.fault == "names-below-root" else each
                info = tar.gettarinfo(each, name)
                if self.fault == "keeps-the-slash":
                    info.name = each
                if not info.isfile():
                    tar.addfile(info)
                    continue
                with open(each, "rb") as file:
                    contents = file.read(info.size)
                tar.addfile(info, io.BytesIO(contents))
                md5.update(contents + (b"%d" % info.mtime if self.fault == "sums-times" else b""))
        return packed.getvalue(), md5.hexdigest()

    def below(self, path):
        yield path
        for folder, folders, files in os.walk(path):
            for name in folders + files if self.fault != "top-folder-only" or folder == path else []:
                yield os.path.join(folder, name)


def main(words):
    fault = None
    if words[:1] == ["--fault"]:
        fault, words = words[1], words[2:]
    Agent(words[0], fault).serve(words[1])


main(sys.argv[1:])
