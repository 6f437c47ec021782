"""A back end that takes a request and closes the connection instead of answering.

    closer.py SOCKET LOG

Every request leaves its address in the log. A request for an address with `answer` in it is
answered, and its connection kept, so that nginx has one to use again.
"""

import os
import socket
import struct
import sys
import threading

path, log_path = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path + ".new")
listener.listen(64)
os.rename(path + ".new", path)
log = open(log_path, "a", buffering=1)


def record(kind, content=b""):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def serve(connection):
    stream = connection.makefile("rb")
    parameters = b""
    while True:
        head = stream.read(8)
        if len(head) < 8:
            return
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
        content = stream.read(length + padding)[:length]
        if kind == 4:
            parameters += content
        if kind == 5 and not content:
            at = parameters.index(b"REQUEST_URI") + len("REQUEST_URI")
            address = parameters[at:].split(b"QUERY_STRING")[0].decode("latin-1")
            log.write(repr(address) + "\n")
            if "answer" not in address:
                connection.shutdown(socket.SHUT_RDWR)
                return
            connection.sendall(
                record(6, b"Content-Type: text/plain\r\n\r\nanswered\n") + record(6)
                + record(3, bytes(8)))
            parameters = b""


while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
