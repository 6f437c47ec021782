"""Makes JWT tickets with jwcrypto as Apereo lays them out, good ones and bad ones.

    make_jwt.py FOLDER < SPECIFICATIONS

FOLDER gets keys (`private-NAME.jwk`, `oaep.pem`, and their public halves in `keys.json`) and for
each specification `NAME.jwt`. A specification:

    {"name": …, "claims": {…}, "order": "ENCRYPT_AND_SIGN" or "SIGN_AND_ENCRYPT",
     "signing": {"algorithm": "HS512", "key": text, or "pair": one of PAIRS, "kid": …, …more header},
     "encryption": {"alg": "dir", "enc": …, "key": base64url, "zip": "DEF", …more header}}

`"key": "public"` is the text of the public RSA key, for the classic confusion of algorithms;
`"algorithm": "none"` signs nothing.
"""

import json
import pathlib
import sys
import uuid

from jwcrypto import jwe, jwk, jws
from jwcrypto.common import base64url_encode

PAIRS = {
    "rsa": {"kty": "RSA", "size": 2048},
    "p256": {"kty": "EC", "crv": "P-256"},
    "p384": {"kty": "EC", "crv": "P-384"},
    "p521": {"kty": "EC", "crv": "P-521"},
    "ed25519": {"kty": "OKP", "crv": "Ed25519"},
    "stranger": {"kty": "RSA", "size": 2048},
    "oaep": {"kty": "RSA", "size": 2048},
}


def make_pairs(folder):
    pairs = {name: jwk.JWK.generate(**parameters) for name, parameters in PAIRS.items()}
    published = []
    for name, pair in pairs.items():
        (folder / f"private-{name}.jwk").write_text(pair.export_private())
        if name not in ("stranger", "oaep"):
            public = pair.export_public(as_dict=True)
            published.append({**public, "kid": pair.thumbprint(), "use": "sig"})
    (folder / "keys.json").write_text(json.dumps({"keys": published}))
    (folder / "oaep.pem").write_bytes(pairs["oaep"].export_to_pem(True, None))
    return pairs


def key_id(specification, pair):
    return specification.get("kid") or (pair.thumbprint() if pair else str(uuid.uuid4()))


def sign(payload, specification, pairs):
    specification = dict(specification)
    algorithm, text = specification.pop("algorithm"), specification.pop("key", None)
    pair = pairs.get(specification.pop("pair", None))
    header = {"alg": algorithm, "typ": "JWT", "kid": key_id(specification, pair), **specification}
    if algorithm == "none":
        return ".".join((base64url_encode(json.dumps(header)), base64url_encode(payload), ""))
    if text == "public":
        text = pairs["rsa"].export_to_pem().decode()
    key = pair or jwk.JWK(kty="oct", k=base64url_encode(text))
    token = jws.JWS(payload)
    token.allowed_algs = [algorithm]
    if "crit" in header:
        token.header_registry["x"] = jws.JWSEHeaderParameter("x", True, True, None)
    token.add_signature(key, None, json.dumps(header, separators=(",", ":")))
    return token.serialize(compact=True)


def encrypt(payload, specification, pairs):
    specification = dict(specification)
    text = specification.pop("key", None)
    header = {"zip": specification.pop("zip")} if "zip" in specification else {}
    header |= {
        "alg": specification.pop("alg", "dir"), "enc": specification.pop("enc"), "cty": "JWT",
        "typ": "JWT", "kid": key_id(specification, None), **specification,
    }
    key = jwk.JWK(kty="oct", k=text) if text else pairs["oaep"]
    token = jwe.JWE(payload, json.dumps(header, separators=(",", ":")), recipient=key,
                    algs=[header["alg"], header["enc"]])
    return token.serialize(compact=True)


def make(specification, pairs):
    content = specification["claims"]
    if not isinstance(content, str):
        content = json.dumps(content, separators=(",", ":"))
    layers = [
        (action, specification[name])
        for action, name in ((encrypt, "encryption"), (sign, "signing")) if name in specification
    ]
    if specification.get("order") == "SIGN_AND_ENCRYPT":
        layers.reverse()
    for action, parameters in layers:
        content = action(content, parameters, pairs)
    return content


def main(folder):
    folder = pathlib.Path(folder)
    pairs = make_pairs(folder)
    for specification in json.load(sys.stdin):
        (folder / f"{specification['name']}.jwt").write_text(make(specification, pairs))


main(sys.argv[1])
