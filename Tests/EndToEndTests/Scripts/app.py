"""An application for a browser to arrive at: shows the address and the form that it was asked for.

    app.py PORT CERTIFICATE KEY [LOG]

The log gets a line for each request.
"""

import html
import http.server
import ssl
import sys


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self, form=""):
        log.write("%s %s %s\n" % (self.command, self.path, form))
        page = "<!DOCTYPE html><title>The application</title><p id=asked>%s<p id=form>%s" % (
            html.escape(self.path), html.escape(form))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page.encode())

    def do_POST(self):
        self.do_GET(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *arguments):
        pass


port, certificate, key = sys.argv[1:4]
log = open((sys.argv[4:] or ["/dev/null"])[0], "a", buffering=1)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Application)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
