"""Logs in with python-cas in versions 1, 2, 3 and SAML, as an application that uses it would.

    python_cas.py BASE CA

One line of JSON for each version.
"""

import json
import re
import sys

import cas
import requests

service = "http://localhost:9/python?next=%2Fa%20b"


def log_in(client):
    browser = requests.Session()
    browser.verify = client.session.verify
    page = browser.get(client.get_login_url())
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    fields.update(username="casuser", password="Mellon")
    answer = browser.post(page.url, data=fields, allow_redirects=False)
    return browser, re.search(r"[?&]ticket=([^&]+)$", answer.headers["Location"]).group(1)


def main(base, authority):
    for version in (1, 2, 3, "CAS_2_SAML_1_0"):
        client = cas.CASClient(version=version, server_url=base + "/", service_url=service)
        client.session.verify = authority
        browser, ticket = log_in(client)
        user, attributes, granting = client.verify_ticket(ticket)
        again = client.verify_ticket(ticket)[0]
        logout = browser.get(client.get_logout_url("http://localhost:9/bye"))
        print(json.dumps({
            "version": version, "user": user, "again": again, "granting": granting,
            "memberOf": sorted((attributes or {}).get("memberOf", [])),
            "mail": (attributes or {}).get("mail"), "logout": logout.status_code,
            "out": "TGC" not in browser.cookies,
        }, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
