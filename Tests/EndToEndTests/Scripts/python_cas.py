"""Logs in with python-cas in versions 1, 2 and 3, as an application that uses it would.

    python_cas.py BASE CA

One line of JSON for each version.
"""

import json
import re
import sys

import cas
import requests

base, authority = sys.argv[1:]
service = "http://localhost:9/python?next=%2Fa%20b"

for version in (1, 2, 3):
    client = cas.CASClient(version=version, server_url=base + "/", service_url=service)
    client.session.verify = authority
    browser = requests.Session()
    browser.verify = authority
    page = browser.get(client.get_login_url())
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    fields.update(username="casuser", password="Mellon")
    answer = browser.post(page.url, data=fields, allow_redirects=False)
    ticket = re.search(r"[?&]ticket=([^&]+)$", answer.headers["Location"]).group(1)
    user, attributes, granting = client.verify_ticket(ticket)
    again = client.verify_ticket(ticket)[0]
    logout = browser.get(client.get_logout_url("http://localhost:9/bye"))
    print(json.dumps({
        "version": version, "user": user, "again": again, "granting": granting,
        "memberOf": sorted((attributes or {}).get("memberOf", [])),
        "mail": (attributes or {}).get("mail"), "logout": logout.status_code,
        "out": "TGC" not in browser.cookies,
    }, sort_keys=True))
