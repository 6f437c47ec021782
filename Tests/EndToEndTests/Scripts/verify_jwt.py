"""Verifies a JWT ticket with one of three independent implementations of JOSE, strictly.

    verify_jwt.py [--implementation joserfc|jwcrypto|jose] SETTINGS < TOKEN

SETTINGS is JSON (or a file that holds it): `order`; `signingKey` (text) or `keySet` (a file with a
JWKS or a PEM public key), with `signingAlgorithm`; `encryptionKey` (base64url) or
`decryptionKeyFile` (PEM or JWK, RSA), with `encryptionMethod`. A layer without a key must not be
there. Writes {"headers": [outer, inner], "claims": {…}}, members in the order of the token, or ends
with 1 and says why. It looks at no claim: who calls it does.

`jose` is the tool of Debian's libjose 11, which knows neither RSA-OAEP nor EdDSA: that ends with 3.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile


class Refused(Exception):
    pass


class Unable(Exception):
    pass


def decoded(segment):
    """Decodes base64url in its one right spelling."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", segment):
        raise Refused("not base64url")
    content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        raise Refused("not the right spelling of base64url")
    return content


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def strict(text):
    """Parses JSON that names no member twice."""
    def members(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise Refused("a member is there twice")
        return dict(pairs)
    value = json.loads(text, object_pairs_hook=members)
    if not isinstance(value, dict):
        raise Refused("not an object")
    return value


def header(token, count, alg, enc):
    segments = token.split(".")
    if len(segments) != count:
        raise Refused(f"{len(segments)} segments instead of {count}")
    found = strict([decoded(segment) for segment in segments][0])
    if found.get("alg") != alg or found.get("enc") != enc or found.get("typ") != "JWT":
        raise Refused(f"another header than configured: {found}")
    if "crit" in found or found.get("zip", "DEF") != "DEF" or (count == 3 and "zip" in found):
        raise Refused(f"a header that nobody writes: {found}")
    return found


class Joserfc:
    def verify(self, token, key, algorithm):
        from joserfc import jws
        registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        return jws.deserialize_compact(token, self.imported(key), registry=registry).payload

    def decrypt(self, token, key, management, method):
        from joserfc import jwe
        algorithms = [management, method, "DEF"]
        registry = jwe.JWERegistry(algorithms=algorithms, strict_check_header=False)
        return jwe.decrypt_compact(token, self.imported(key), registry=registry).plaintext

    @staticmethod
    def imported(key):
        from joserfc.jwk import import_key
        return import_key(key)


class Jwcrypto:
    def verify(self, token, key, algorithm):
        from jwcrypto import jwk, jws
        found = jws.JWS()
        found.allowed_algs = [algorithm]
        found.deserialize(token, jwk.JWK(**key))
        return found.payload

    def decrypt(self, token, key, management, method):
        from jwcrypto import jwe, jwk
        found = jwe.JWE(algs=[management, method])
        found.deserialize(token, jwk.JWK(**key))
        return found.payload


class Jose:
    """Debian's `jose` tool."""

    def verify(self, token, key, algorithm):
        if algorithm == "EdDSA":
            raise Unable("this jose has no EdDSA")
        return self.run("jws", "ver", token, {**key, "alg": algorithm})

    def decrypt(self, token, key, management, method):
        if management != "dir":
            raise Unable("this jose has no RSA-OAEP-256")
        return self.run("jwe", "dec", token, key)

    @staticmethod
    def run(family, action, token, key):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "key").write_text(json.dumps(key))
            command = ["jose", family, action, "-i", "-", "-k", path / "key", "-O", path / "out"]
            answer = subprocess.run(command, input=token.encode(), capture_output=True)
            if answer.returncode != 0:
                raise Refused(f"jose: {answer.stderr.decode()}")
            return (path / "out").read_bytes()


def from_pem(text):
    from jwcrypto import jwk
    return jwk.JWK.from_pem(text).export(as_dict=True)


def verification_keys(settings, found):
    if text := settings.get("signingKey"):
        return [{"kty": "oct", "k": encoded(text.encode())}]
    content = pathlib.Path(settings["keySet"]).read_bytes()
    if content.startswith(b"-----BEGIN"):
        return [from_pem(content)]
    keys = [
        {name: value for name, value in key.items() if name != "key_ops"}
        for key in strict(content)["keys"]
        if key.get("kid", found.get("kid")) == found.get("kid")
        and key.get("alg", found["alg"]) == found["alg"]
    ]
    if not keys:
        raise Refused("no key in the set fits")
    return keys


def open_signature(implementation, token, settings):
    algorithm = settings.get("signingAlgorithm", "HS512")
    found = header(token, 3, algorithm, None)
    failure = None
    for key in verification_keys(settings, found):
        try:
            return found, implementation.verify(token, key, algorithm)
        except Unable:
            raise
        except Exception as error:
            failure = error
    raise Refused(f"signature: {failure!r}")


def open_encryption(implementation, token, settings):
    management, method = "dir", settings.get("encryptionMethod", "A256CBC-HS512")
    if text := settings.get("encryptionKey"):
        decoded(text)
        key = {"kty": "oct", "k": text}
    else:
        management = "RSA-OAEP-256"
        content = pathlib.Path(settings["decryptionKeyFile"]).read_bytes()
        key = strict(content) if content.lstrip()[:1] == b"{" else from_pem(content)
    found = header(token, 5, management, method)
    try:
        return found, implementation.decrypt(token, key, management, method)
    except Unable:
        raise
    except Exception as error:
        raise Refused(f"encryption: {error!r}") from error


def verified(implementation, token, settings):
    layers = []
    if settings.get("signingKey") or settings.get("keySet"):
        layers.append(open_signature)
    if settings.get("encryptionKey") or settings.get("decryptionKeyFile"):
        layers.append(open_encryption)
    if not layers:
        raise Refused("the settings have no key")
    if settings.get("order") == "SIGN_AND_ENCRYPT":
        layers.reverse()
    headers, content = [], token
    for layer in layers:
        found, content = layer(implementation, content, settings)
        headers.append(found)
        content = content.decode()
    return {"headers": headers, "claims": strict(content)}


def main():
    implementations = {"joserfc": Joserfc, "jwcrypto": Jwcrypto, "jose": Jose}
    parser = argparse.ArgumentParser()
    parser.add_argument("--implementation", choices=implementations, default="joserfc")
    parser.add_argument("settings")
    arguments = parser.parse_args()
    text = arguments.settings
    if os.path.exists(text):
        text = pathlib.Path(text).read_text()
    try:
        implementation = implementations[arguments.implementation]()
        print(json.dumps(verified(implementation, sys.stdin.read().strip(), json.loads(text))))
    except Unable as error:
        sys.exit(print(error, file=sys.stderr) or 3)
    except (Refused, ValueError) as error:
        sys.exit(print(f"refused: {error}", file=sys.stderr) or 1)


main()
