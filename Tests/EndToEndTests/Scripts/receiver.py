"""Applications that get logout messages, and treat them in all the ways there are.

    receiver.py LOG PORT ADDRESS...

The first part of a request's path says what happens to it: `answer`, `hang`, `garbage`, `flood`,
`redirect`, `cut` (closed without an answer), `recover` (503 the first time, 200 after that) or
`stall` (no answer the first time, 200 after that). The log gets one line of JSON for each request:
milliseconds, the receiving address, the sender's port, request line, headers, body, and the
message as an XML parser sees it.
"""

import json
import socket
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree

log_path, port, *addresses = sys.argv[1:]
log = open(log_path, "a", buffering=1)
seen = {}


def read(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("Content-Length", 0)):
        body += connection.recv(65536)
    return lines[0], headers, body.decode("latin-1")


def parsed(body):
    fields = urllib.parse.parse_qsl(body, strict_parsing=True)
    root = xml.etree.ElementTree.fromstring(fields[0][1])
    return [[root.tag, root.attrib]] + [[child.tag, child.text] for child in root]


def answer(connection, status, more="", body=""):
    connection.sendall(
        ("HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s"
         % (status, len(body), more, body)).encode())


def serve(connection, peer, address):
    request = read(connection)
    if request is None:
        return connection.close()
    line, headers, body = request
    path = line.split()[1]
    is_first = path not in seen
    if line.startswith("POST"):
        seen[path] = True
        log.write(json.dumps({
            "at": int(time.monotonic() * 1000), "address": address, "port": peer[1],
            "line": line, "headers": headers, "body": body, "message": parsed(body),
        }) + "\n")
    way = path.split("/")[1]
    try:
        if line.startswith("GET"):
            answer(connection, "200 OK", body="the application")
        elif way == "hang" or (way == "stall" and is_first):
            time.sleep(600)
        elif way == "garbage":
            connection.sendall(bytes(range(256)) * 64)
        elif way == "flood":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        elif way == "redirect":
            answer(connection, "302 Found", "Location: http://%s:%s/followed\r\n" % (address, port))
        elif way == "recover" and is_first:
            answer(connection, "503 Service Unavailable")
        elif way != "cut":
            answer(connection, "200 OK", body="thanks")
    except OSError:
        pass
    connection.close()


def listen(address):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    listener.listen(64)
    while True:
        connection, peer = listener.accept()
        threading.Thread(
            target=serve, args=(connection, peer, address), daemon=True).start()


for address in addresses[1:]:
    threading.Thread(target=listen, args=(address,), daemon=True).start()
listen(addresses[0])
