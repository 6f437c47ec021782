"""An application for a browser to arrive at: shows the address that it was asked for.

    app.py PORT CERTIFICATE KEY
"""

import html
import http.server
import ssl
import sys


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = "<!DOCTYPE html><title>The application</title><p id=asked>%s" % html.escape(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *arguments):
        pass


port, certificate, key = sys.argv[1:]
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Application)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
