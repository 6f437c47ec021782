"""Serves a JWKS over TLS on loopback in several ways, below any first segment:

    key_sets.py KEYS PORT CERTIFICATE KEY LOG

…/good: the file KEYS. …/late: the first time an empty set. …/elsewhere: a redirect to …/good.
…/broken: no JSON. The log gets a line for each request.
"""

import http.server
import pathlib
import ssl
import sys

keys, port, certificate, key, log = sys.argv[1:]
asked = set()


class KeySets(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(log, "a") as lines:
            lines.write(f"{self.path}\n")
        is_first = self.path not in asked
        asked.add(self.path)
        way = self.path.rsplit("/", 1)[-1]
        content = pathlib.Path(keys).read_bytes()
        if way == "broken":
            content = b"<html>"
        elif way == "late" and is_first:
            content = b'{"keys":[]}'
        self.send_response(302 if way == "elsewhere" else 200)
        if way == "elsewhere":
            self.send_header("Location", "good")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), KeySets)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
