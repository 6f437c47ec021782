"""A service that is asked by another one: validates the proxy ticket that it was given.

    proxied.py BASE CA SERVICE TICKET [PATH]

Prints the user and the proxies, or the code of the refusal, as JSON. PATH is /p3/proxyValidate
unless it is given.
"""

import json
import sys

import lxml.etree
import requests

base, authority, service, ticket = sys.argv[1:5]
path = (sys.argv[5:] or ["/p3/proxyValidate"])[0]
answer = requests.get(base + path, {"service": service, "ticket": ticket}, verify=authority)
root = lxml.etree.fromstring(answer.content)
names = {"cas": "http://www.yale.edu/tp/cas"}
print(json.dumps({
    "status": answer.status_code,
    "user": root.xpath("string(cas:authenticationSuccess/cas:user)", namespaces=names),
    "proxies": root.xpath(
        "cas:authenticationSuccess/cas:proxies/cas:proxy/text()", namespaces=names),
    "code": root.xpath("string(cas:authenticationFailure/@code)", namespaces=names),
    "new": root.xpath("string(//cas:isFromNewLogin)", namespaces=names),
}, sort_keys=True))
