"""Takes proxy-granting tickets, or does not.

    callback.py DIRECTORY PORT CERTIFICATE KEY

The path says what happens: `/take`, `/empty` (204), `/redirect`, `/refuse` (500), `/slow` or
`/huge`. The file `log` in the directory gets one line for each request: its path and the names of
its parameters.
"""

import sys
import time
import urllib.parse

import serving

directory, port, certificate, key = sys.argv[1:]
log = open(directory + "/log", "a", buffering=1)


def huge():
    while True:
        yield b"x" * 65536


def application(environment, start):
    path = environment["PATH_INFO"]
    query = urllib.parse.parse_qsl(environment["QUERY_STRING"])
    if path != "/":
        log.write("%s %s %s\n" % (
            environment["REQUEST_METHOD"], path, ",".join(name for name, _ in query)))
    if path == "/slow":
        time.sleep(30)
    statuses = {"/empty": "204 No Content", "/redirect": "302 Found", "/refuse": "500 Oh"}
    more = [("Location", "/take")] if path == "/redirect" else []
    start(statuses.get(path, "200 OK"), [("Content-Type", "text/plain")] + more)
    return huge() if path == "/huge" else [b"" if path == "/empty" else b"thanks"]


serving.serve(application, port, certificate, key)
