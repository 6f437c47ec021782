"""Uses tokens as fast as it can, and counts what is refused:

    jwt_load.py BASE SERVICE KEYS SECONDS

Some clients start sessions with `token=true`, use each token at once as the name of the session on
other connections, and end it. Others fetch service tickets that are tokens, and verify them with
the keys that a consumer has who asks once a second for BASE/jwks and for the secrets in the folder
KEYS, and never because of a token. Writes "keys" whenever these have been fetched, a line for each
failure, and at the end how many there were of everything.
"""

import collections
import http.client
import json
import os
import pathlib
import ssl
import sys
import threading
import time
import urllib.parse

from joserfc import jwe, jws
from joserfc.jwk import KeySet, OctKey

base, service, folder, seconds = sys.argv[1:]
address = urllib.parse.urlsplit(base)
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
begin = time.monotonic()
deadline = begin + float(seconds)
counts = collections.Counter()
key_names = set()
lock = threading.Lock()
form = {"Content-Type": "application/x-www-form-urlencoded"}
signatures = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
contents = jwe.JWERegistry(algorithms=["dir", "A256CBC-HS512"], strict_check_header=False)


class Failed(Exception):
    pass


class Client:
    def __init__(self):
        self.connection = http.client.HTTPSConnection(
            address.hostname, address.port, context=context, timeout=20)

    def ask(self, method, path, body=None, status=200):
        self.connection.request(
            method, address.path + path, body and urllib.parse.urlencode(body), form)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != status:
            raise Failed(f"{method} {path[:16]}… is {answer.status}: {text[:200]}")
        return text


class Keys:
    """What a consumer knows."""

    def __init__(self):
        self.client = Client()
        self.fetch()

    def fetch(self):
        published = KeySet.import_key_set(json.loads(self.client.ask("GET", "/jwks")))
        secrets = [
            OctKey.import_key({"kty": "oct", "k": path.read_text().strip()})
            for path in pathlib.Path(folder).glob("*.key")
        ]
        self.known = published, secrets

    def claims(self, token):
        published, secrets = self.known
        outer = jws.deserialize_compact(token, published, registry=signatures)
        key_names.add(outer.headers()["kid"])
        for secret in secrets:
            try:
                inner = jwe.decrypt_compact(outer.payload, secret, registry=contents)
                return json.loads(inner.plaintext)
            except Exception:
                continue
        raise Failed("no secret opens the token")


def count(name):
    with lock:
        counts[name] += 1


def use_sessions():
    here, there = Client(), Client()
    while time.monotonic() < deadline:
        credentials = {"username": "casuser", "password": "Mellon", "token": "true"}
        token = here.ask("POST", "/v1/tickets", credentials, 201)
        for client in (there, here, there):
            if client.ask("GET", f"/v1/tickets/{token}") != token:
                raise Failed("another ticket than asked for")
        there.ask("POST", f"/v1/tickets/{token}", {"service": service})
        there.ask("DELETE", f"/v1/tickets/{token}")
        here.ask("GET", f"/v1/tickets/{token}", status=404)
        count("sessions")


def use_services(keys):
    client = Client()
    credentials = {"username": "casuser", "password": "Mellon", "token": "true"}
    # The same token all the time: its keys will be previous ones.
    session = client.ask("POST", "/v1/tickets", credentials, 201)
    while time.monotonic() < deadline:
        token = client.ask("POST", f"/v1/tickets/{session}", {"service": service})
        claims = keys.claims(token)
        if (claims["iss"], claims["aud"], claims["sub"]) != (base, service, "casuser"):
            raise Failed(f"other claims: {claims}")
        count("tokens")


def fetch(keys):
    while time.monotonic() < deadline:
        keys.fetch()
        count("fetches")
        print("keys", flush=True)
        time.sleep(0.5)


def run(action, *arguments):
    while time.monotonic() < deadline:
        try:
            action(*arguments)
        except Exception as error:
            count("failures")
            print(f"failed after {time.monotonic() - begin:.2f} s: {error!r}", flush=True)


def main():
    keys = Keys()
    threads = [threading.Thread(target=run, args=(fetch, keys))]
    threads += [threading.Thread(target=run, args=(use_sessions,)) for _ in range(2)]
    threads += [threading.Thread(target=run, args=(use_services, keys)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts["key_names"] = len(key_names)
    counts["failures"] += 0
    print(json.dumps(counts, sort_keys=True))


main()
