"""A server of revocation lists.

    lists.py FOLDER PORT ADDRESS...

The first part of a request's path says what it does: `file` (a file of FOLDER), `slow` (never
answers), `huge` (does not stop), `garbage`. The file `requests` of FOLDER gets the path of each.
"""

import os
import socket
import sys
import threading
import time

folder, port, *addresses = sys.argv[1:]
log = open(os.path.join(folder, "requests"), "a", buffering=1)


def head(status, length=None):
    lines = ["HTTP/1.1 " + status, "Connection: close"]
    if length is not None:
        lines.append("Content-Length: %d" % length)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(connection, way, name):
    if way == "file":
        try:
            with open(os.path.join(folder, os.path.basename(name)), "rb") as file:
                body = file.read()
            connection.sendall(head("200 OK", len(body)) + body)
        except OSError:
            connection.sendall(head("404 Not Found", 0))
    elif way == "slow":
        time.sleep(600)
    elif way == "huge":
        connection.sendall(head("200 OK"))
        while True:
            connection.sendall(b"0" * 65536)
    elif way == "garbage":
        body = bytes(range(256)) * 16
        connection.sendall(head("200 OK", len(body)) + body)
    else:
        connection.sendall(head("200 OK", 0))


def serve(connection):
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        path = data.split()[1].decode("latin-1")
        log.write(path + "\n")
        way, _, name = path[1:].partition("/")
        answer(connection, way, name)
    except OSError:
        pass
    finally:
        connection.close()


def listen(address):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    listener.listen(64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


for address in addresses[1:]:
    threading.Thread(target=listen, args=(address,), daemon=True).start()
listen(addresses[0])
