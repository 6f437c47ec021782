"""Makes tokens that log somebody in, as the programs of a portal do (pac4j's layout):

    login_jwt.py < SPECIFICATIONS

A specification: {"claims": …, "signing": [algorithm, key], "encryption": [alg, enc, key] or null}.
A key is the text of a secret or the path of a private key. Writes one token a line.
"""

import json
import pathlib
import sys

from jwcrypto import jwe, jwk, jws
from jwcrypto.common import base64url_encode


def key(text):
    if text.startswith("/"):
        return jwk.JWK.from_pem(pathlib.Path(text).read_bytes())
    return jwk.JWK(kty="oct", k=base64url_encode(text))


def made(claims, signing, encryption):
    algorithm, text = signing
    signed = jws.JWS(json.dumps(claims))
    signed.allowed_algs = [algorithm]
    signed.add_signature(key(text), None, json.dumps({"alg": algorithm}))
    token = signed.serialize(compact=True)
    if encryption is None:
        return token
    management, method, text = encryption
    header = json.dumps({"cty": "JWT", "enc": method, "alg": management})
    return jwe.JWE(
        token, header, recipient=key(text), algs=[management, method]).serialize(compact=True)


for each in json.load(sys.stdin):
    print(made(each["claims"], each["signing"], each.get("encryption")))
