"""Serves an application of Python's on loopback, over TLS, with a thread for each request."""

import socketserver
import ssl
import wsgiref.simple_server


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        super().server_bind()
        self.base_environ["HTTPS"] = "on"  # what wsgiref tells the scheme by

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(30)
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, address):
        pass  # somebody went away; what matters is in the application's own log


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]

    def log_message(self, *arguments):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def serve(application, port, certificate, key):
    context.load_cert_chain(certificate, key)
    server = wsgiref.simple_server.make_server(
        "127.0.0.1", int(port), application, server_class=Server, handler_class=Handler)
    server.serve_forever()
