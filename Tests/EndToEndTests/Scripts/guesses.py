"""Guesses passwords over REST, as somebody would who must not succeed.

    guesses.py burst PORT CA ADDRESS USER COUNT
    guesses.py storm PORT CA SECONDS CLIENTS USER SESSION SERVICE

`burst` sends COUNT guesses in the same moment from one loopback address. `storm` has CLIENTS guess
as fast as they can, each from ever other addresses, half of the time for USER and half for others,
and validates tickets of SESSION meanwhile. Both print JSON: how often there was which status, and
for `storm` the statuses and the milliseconds of the validations.
"""

import collections
import http.client
import json
import ssl
import sys
import threading
import time
import urllib.parse

way, port, authority, *rest = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
# What the protocol under TLS is like does not matter here.
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def connect(address):
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(port), context=context, source_address=(address, 0), timeout=30)
    connection.connect()
    return connection


def post(connection, path, **fields):
    connection.request("POST", "/cas" + path, urllib.parse.urlencode(fields), FORM)
    response = connection.getresponse()
    return response.status, response.read().decode()


def guess(connection, user):
    return post(connection, "/v1/tickets", username=user, password="not the password")[0]


def burst(address, user, count):
    connections = [connect(address) for _ in range(int(count))]
    barrier = threading.Barrier(len(connections))
    statuses = collections.Counter()

    def run(connection):
        barrier.wait()
        statuses[guess(connection, user)] += 1

    threads = [threading.Thread(target=run, args=(each,)) for each in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"guesses": statuses}


def storm(seconds, clients, user, session, service):
    end = time.monotonic() + float(seconds)
    statuses = collections.Counter()
    started = threading.Barrier(int(clients) + 1)

    def run(number):
        connection = connect("127.0.1.1")
        started.wait()
        count = 0
        while time.monotonic() < end:
            if count % 10 == 0:
                connection.close()
                connection = connect("127.0.%d.%d" % (2 + number, 1 + count // 10 % 250))
            statuses[guess(connection, user if count % 2 == 0 else "user%d.%d" % (number, count))] += 1
            count += 1

    threads = [threading.Thread(target=run, args=(each,)) for each in range(int(clients))]
    for thread in threads:
        thread.start()
    connection = connect("127.0.0.1")
    validations = collections.Counter()
    times = []
    started.wait()
    while time.monotonic() < end:
        status, ticket = post(connection, "/v1/tickets/" + session, service=service)
        start = time.monotonic()
        if status == 200:
            query = urllib.parse.urlencode({"service": service, "ticket": ticket})
            connection.request("GET", "/cas/serviceValidate?" + query)
            response = connection.getresponse()
            status = response.status if b"authenticationSuccess" in response.read() else 0
        times.append((time.monotonic() - start) * 1000)
        validations[status] += 1
    for thread in threads:
        thread.join()
    return {
        "guesses": statuses, "validations": validations, "slowest": max(times),
        "median": sorted(times)[len(times) // 2],
    }


print(json.dumps(burst(*rest) if way == "burst" else storm(*rest)))
