"""Servers that behave as their paths say, on loopback, until the standard input ends.

peer.py FOLDER: reads good.pem, wrong-host.pem, stranger.pem and ca.pem there, makes expired.pem,
and writes the ports into FOLDER/ports.
"""
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def make_expired():
    with open(path("ca.cnf"), "w") as file:
        file.write(f"""
[ca]
default_ca = here
[here]
database = {path('index')}
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[names]
subjectAltName = DNS:localhost,IP:127.0.0.1
""")
    open(path("index"), "w").close()

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    openssl("req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-subj", "/CN=localhost", "-keyout", path("expired.key"), "-out", path("expired.csr"))
    openssl("ca", "-batch", "-notext", "-config", path("ca.cnf"), "-extensions", "names",
            "-startdate", "20200101000000Z", "-enddate", "20210101000000Z",
            "-cert", path("ca.pem"), "-keyfile", path("ca.pem"),
            "-in", path("expired.csr"), "-out", path("expired.crt"))
    with open(path("expired.pem"), "w") as file:
        file.write(open(path("expired.crt")).read() + open(path("expired.key")).read())


def head(status, length, kind="text/plain; charset=utf-8", more=""):
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
            f"{more}\r\n").encode()


def answer(connection, target, request):
    if target.startswith("/echo"):
        connection.sendall(head(200, len(request)) + request)
    elif target.startswith("/status/"):
        connection.sendall(head(target[8:], 4, more="Location: /echo\r\n") + b"text")
    elif target.startswith("/size/"):
        size = int(target[6:])
        connection.sendall(head(200, size) + b"x" * size)
    elif target == "/endless":
        connection.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    elif target == "/endless-header":
        connection.sendall(b"HTTP/1.1 200 X\r\n")
        while True:
            connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
    elif target == "/endless-interim":
        while True:
            connection.sendall(b"HTTP/1.1 103 X\r\nX-More: y\r\n\r\n")
    elif target == "/slow-body":
        connection.sendall(head(200, 100_000))
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)
    elif target == "/slow-header":
        connection.sendall(b"HTTP/1.1 200 X\r\n")
        while True:
            connection.sendall(b"X")
            time.sleep(0.02)
    elif target == "/no-answer":
        time.sleep(30)
    elif target == "/short":
        connection.sendall(head(200, 10) + b"abc")
        raise OSError("closed")
    elif target == "/hang-up":
        raise OSError("closed")
    elif target == "/no-http":
        connection.sendall(b"hello\r\n")
        raise OSError("closed")
    elif target == "/goodbye":
        connection.sendall(head(200, 4) + b"text")
        raise OSError("closed")
    else:
        connection.sendall(head(404, 7) + b"nothing")


def serve(connection, context):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                waiting += chunk
                if waiting.startswith(b"\x16"):  # a TLS handshake
                    connection.sendall(head(400, 0))
                    return
            start, waiting = waiting.split(b"\r\n\r\n", 1)
            length = 0
            for line in start.split(b"\r\n")[1:]:
                name, value = line.split(b":", 1)
                if name.lower() == b"content-length":
                    length = int(value)
            while len(waiting) < length:
                waiting += connection.recv(65536)
            body, waiting = waiting[:length], waiting[length:]
            answer(connection, start.split(b" ")[1].decode(), start + b"\r\n\r\n" + body)
    except OSError:
        pass
    finally:
        connection.close()


def accept(listener, context):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context), daemon=True).start()


def listen(name, address, certificate=None, version=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((address, 0))
    listener.listen(256)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path(certificate))
        if version:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
    threading.Thread(target=accept, args=(listener, context), daemon=True).start()
    ports[name] = listener.getsockname()[1]


ports = {}
make_expired()
listen("plain", "127.0.0.1")
listen("plain6", "::1")
listen("good", "127.0.0.1", "good.pem")
listen("wrongHost", "127.0.0.1", "wrong-host.pem")
listen("stranger", "127.0.0.1", "stranger.pem")
listen("expired", "127.0.0.1", "expired.pem")
listen("oldestTLS", "127.0.0.1", "good.pem", ssl.TLSVersion.TLSv1)
listen("oldTLS", "127.0.0.1", "good.pem", ssl.TLSVersion.TLSv1_1)
listen("TLS12", "127.0.0.1", "good.pem", ssl.TLSVersion.TLSv1_2)
listen("TLS13", "127.0.0.1", "good.pem", ssl.TLSVersion.TLSv1_3)
# Its connections are made by the kernel, and nobody ever takes them.
silent = socket.socket()
silent.bind(("127.0.0.1", 0))
silent.listen(64)
ports["silent"] = silent.getsockname()[1]
closed = socket.socket()
closed.bind(("127.0.0.1", 0))
ports["closed"] = closed.getsockname()[1]
with open(path("ports.new"), "w") as file:
    file.write("".join(f"{name} {port}\n" for name, port in ports.items()))
os.rename(path("ports.new"), path("ports"))
sys.stdin.read()
os._exit(0)
