"""A plain server of forms over HTTP, written from the specification in nothing but Python, and one small fault at a time.

usage: rest.py [--fault NAME] WANTED IP:PORT [LEADER_IP:PORT]
WANTED is how many servers must have a form, the leader among them. A follower tells the leader of itself, and gets all forms; the leader sends each new form to all that did. Its leader's death it does
not survive as a writer for long: it becomes the leader when the leader no longer takes connections.
"""

import http.client
import json
import os
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

THERE = {"status": "error", "message": "El registro ya existe en el sistema."}
NOT_THERE = {"status": "ok", "message": "El registro No existe en el sistema."}
NONE = {"status": "error", "message": "El registro No existe en el sistema."}
TAKEN = {"status": "ok", "message": "Registro ingresado correctamente."}
BODY_MAX = 1 << 20
ROUTES = ("VerificaFormularioDuplicado", "IngresarFormulario", "ObetenerUnFormulario", "ObtenerTodosLosFormularios", "ObtenerGeneros")


def refusal(message):
    return {"status": "error", "message": message}


def post(address, path, body, headers=()):
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("POST", path, body, dict(headers))
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


class Store:
    def __init__(self, wanted, own, leader, fault):
        self.wanted, self.own, self.leader, self.fault = wanted, own, leader, fault
        self.forms, self.replies, self.followers = {}, {}, []
        self.lock = threading.Lock()
        if leader:
            self.forms.update(post(leader, "/follow", json.dumps(own))[1])

    def take(self, body, key):
        if self.leader and self.fault != "keeps-posts":
            try:
                return post(self.leader, "/API/IngresarFormulario", body, [("Idempotency-Key", key)] if key else [])
            except OSError:
                if self.fault == "waits-for-the-leader":
                    return 503, refusal("No hay un nodo líder.")
                self.leader = None
        form = json.loads(body)
        with self.lock:
            if key in self.replies and self.fault != "forgets-keys":
                return self.replies[key]
            reply = self.insert(form)
            if key:
                self.replies[key] = reply
            return reply

    def status(self):
        members = [self.own, *self.followers]
        return {"role": "follower" if self.leader else "leader", "epoch": 1, "leader": self.leader or self.own, "lag": 0,
                "inSync": members}

    def insert(self, form):
        if len(self.followers) + 1 < self.wanted and self.fault != "wants-nobody":
            return 503, refusal(f"El registro no se ha replicado en {self.wanted} nodos.")
        if form["id"] in self.forms and self.fault != "takes-twice":
            return 409, THERE
        self.forms[form["id"]] = {name: form[name] for name in form if self.fault != "drops-attributes" or name in
                                  ("id", "nombres", "apellidos", "genero")}
        for follower in self.followers:
            if self.fault != "forgets-followers":
                post(follower, "/replicate", json.dumps(form))
        return (200 if self.fault == "says-200" else 201), refusal("tomado") if self.fault == "says-other-words" else TAKEN


def unsuitable(body):
    try:
        form = json.loads(body)
    except ValueError:
        return "El cuerpo no es JSON."
    if not isinstance(form, dict) or not isinstance(form.get("id"), str) or not 1 <= len(form["id"]) <= 64:
        return "Se espera un id de 1 a 64 caracteres."
    if any(not isinstance(form.get(name, ""), str) for name in ("nombres", "apellidos", "genero")):
        return "Se espera un texto."
    return None


def meets(form, conditions):
    for condition in conditions:
        name, sign, value = re.fullmatch("([^=<>]+)([=<>])(.*)", condition).groups()
        if not {"=": str.__eq__, "<": str.__lt__, ">": str.__gt__}[sign](form.get(name, ""), value):
            return False
    return True


class Handler(BaseHTTPRequestHandler):
    store: Store

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in [("Content-Type", "application/json"), ("Content-Length", str(len(data))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def send_error(self, code, message=None, explain=None):
        if self.store.fault == "dies-of-garbage" and code == 400:
            os._exit(1)
        status = 500 if self.store.fault == "fails-on-methods" else 405
        self.reply(status if code == 501 else code, refusal("La petición no es válida."))
        self.close_connection = True

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read1(length) if self.store.fault == "reads-once" else self.rfile.read(length)
        if self.path == "/follow":
            with self.store.lock:
                self.store.followers.append(json.loads(body))
                return self.reply(200, self.store.forms)
        if self.path == "/replicate":
            form = json.loads(body)
            self.store.forms[form["id"]] = form
            return self.reply(200, TAKEN)
        if self.path != "/API/IngresarFormulario":
            return self.reply(404, refusal("La ruta no existe."))
        if length > BODY_MAX and self.store.fault != "takes-any-size":
            return self.reply(413, refusal("El cuerpo es demasiado grande."))
        wrong = unsuitable(body)
        if wrong:
            return self.reply(500 if self.store.fault == "says-500" else 400, refusal(wrong))
        return self.reply(*self.store.take(body, self.headers.get("Idempotency-Key")))

    def do_GET(self):
        url = urlsplit(self.path)
        _, *parts = url.path.split("/", 3)
        name, word = (parts + ["", ""])[1], unquote((parts + ["", "", ""])[2])
        forms, fault = self.store.forms, self.store.fault
        if fault == "never-unescapes":
            word = url.path.rpartition("/")[2]
        if parts[0] != "API":
            return self.get_beside(parts, parse_qs(url.query).get("q", []))
        if name == "VerificaFormularioDuplicado":
            return self.reply(404 if fault == "verifies-by-status" and word not in forms else 200,
                              THERE if word in forms and fault != "never-verifies" else NOT_THERE)
        if name == "ObetenerUnFormulario" and fault == "spells-it-right":
            return self.reply(404, NONE)
        if name == "ObetenerUnFormulario" or (name == "ObtenerUnFormulario" and fault != "spells-one-way"):
            return self.reply(200, forms[word]) if word in forms else self.reply(200 if fault == "finds-nothing-200" else 404, NONE)
        if name == "ObtenerGeneros":
            same = (lambda one: word.lower() in one.lower()) if fault == "searches-parts" else (lambda one: one == word)
            return self.reply(200, [form for form in forms.values() if same(form.get("genero", ""))])
        if name == "ObtenerTodosLosFormularios":
            return self.list_all(parse_qs(url.query))
        return self.reply(200 if fault == "takes-any-route" else 404, refusal("La ruta no existe."))

    def get_beside(self, parts, conditions):
        fault = self.store.fault
        if parts == ["collections", "formularios"]:
            forms = [form for form in self.store.forms.values() if fault == "ignores-conditions" or meets(form, conditions)]
            return self.reply(200, forms)
        if parts == ["collections", "nobody"] and fault == "invents-collections":
            return self.reply(200, [])
        if parts == ["healthz"] and fault != "knows-no-health":
            return self.reply(200, {"status": "ok"})
        if parts == ["readyz"]:
            return self.reply(503 if fault == "never-ready" else 200, {"status": "ok"})
        if parts == ["status"] and fault != "knows-no-status":
            return self.reply(200, self.store.status())
        if parts == ["metrics"]:
            return self.reply(200, {"forms": 1} if fault == "measures-in-JSON" else f"# TYPE forms gauge\nforms {len(self.store.forms)}\n")
        if parts == ["openapi.json"] and fault != "describes-nothing":
            return self.reply(200, {"openapi": "3.0.0", "paths": {f"/API/{name}": {} for name in ROUTES}})
        return self.reply(404, refusal("La ruta no existe."))

    def list_all(self, query):
        after, limit = query.get("desde", [""])[0], int(query.get("limite", [len(self.store.forms) + 1])[0])
        if self.store.fault == "lists-ids":
            return self.reply(200, [{"id": one} for one in self.store.forms])
        ids = sorted(one for one in self.store.forms if one > after)
        headers = []
        if len(ids) > limit and self.store.fault != "never-links":
            next_page = f"/API/ObtenerTodosLosFormularios?limite={limit}&desde={quote(ids[limit - 1])}"
            headers.append(("Link", f'<{next_page}>; rel="next"'))
        self.reply(200, [self.store.forms[one] for one in ids[:limit]], headers)


def main(words):
    fault = None
    if words[:1] == ["--fault"]:
        fault, words = words[1], words[2:]
    wanted, own, leader = [*words, None][:3]
    host, _, port = own.rpartition(":")
    Handler.store = Store(int(wanted), own, leader, fault)
    server = HTTPServer if fault == "one-at-a-time" else ThreadingHTTPServer
    server((host, int(port)), Handler).serve_forever()


main(sys.argv[1:])
