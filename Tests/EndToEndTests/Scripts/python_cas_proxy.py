"""Gets proxy tickets with python-cas, in versions 2 and 3.

    python_cas_proxy.py BASE CA PORT CERTIFICATE KEY

Listens on PORT for the proxy-granting tickets. One line of JSON for each version.
"""

import json
import sys
import threading
import urllib.parse

import cas

import python_cas
import serving

base, authority, port, certificate, key = sys.argv[1:]
granted = {}
target = "https://localhost:9/back%20end?x=1"


def callback(environment, start):
    query = urllib.parse.parse_qs(environment["QUERY_STRING"])
    granted[query["pgtIou"][0]] = query["pgtId"][0]
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


class ProxyClient(cas.CASClientV3):
    """The same client, asking where proxy tickets are validated."""
    url_suffix = "p3/proxyValidate"


def client_for(kind, service, **more):
    client = kind(server_url=base + "/", service_url=service, **more)
    client.session.verify = authority
    return client


def refusal(ticket):
    client = client_for(cas.CASClientV2, target)
    answer = client.get_verification_response(ticket).decode()
    return answer.split('code="')[1].split('"')[0] if 'code="' in answer else "accepted"


threading.Thread(
    target=serving.serve, args=(callback, port, certificate, key), daemon=True).start()
for version, kind in ((2, cas.CASClientV2), (3, cas.CASClientV3)):
    client = client_for(
        kind, python_cas.service, proxy_callback="https://localhost:%s/callback?keep=1" % port)
    browser, ticket = python_cas.log_in(client)
    user, attributes, receipt = client.verify_ticket(ticket)
    granting = granted.get(receipt)
    back = client_for(ProxyClient, target)
    proxy_ticket = back.get_proxy_ticket(granting)
    told = back.verify_ticket(proxy_ticket)[0]
    again = back.verify_ticket(proxy_ticket)[0]
    as_service = refusal(back.get_proxy_ticket(granting))
    browser.get(client.get_logout_url())
    try:
        back.get_proxy_ticket(granting)
        after = "granted"
    except cas.CASError:
        after = "refused"
    print(json.dumps({
        "version": version, "receipt": receipt is not None and receipt.startswith("PGTIOU-"),
        "kind": proxy_ticket.split("-")[0], "user": told, "again": again,
        "asService": as_service, "afterLogout": after,
    }, sort_keys=True))
