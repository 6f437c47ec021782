"""A robot of the kind that scrapes the page of a new ticket: standard library, regular expressions.

    rest_scrape.py BASE CA [CERTIFICATE KEY]

Prints the ticket-granting ticket, the service ticket and the validated user.
"""

import re
import ssl
import sys
import urllib.parse
import urllib.request

service = "https://app.example.org/robot?a=1&b=2"


def main(base, authority, *identity):
    context = ssl.create_default_context(cafile=authority)
    if identity:
        context.load_cert_chain(*identity)

    def call(address, form=None, method=None):
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(address, data=body, method=method)
        with urllib.request.urlopen(request, context=context) as answer:
            return answer.status, answer.read().decode()

    credentials = {} if identity else {"username": "casuser", "password": "Mellon"}
    status, page = call(base + "/v1/tickets", credentials, "POST")
    action = re.search(r'action="(https?://[^"]*/v1/tickets/(TGT-[^"]+))" method="POST"', page)
    print(action.group(2))
    # The address of the page names the main server; this robot stays where it is.
    status, ticket = call(base + "/v1/tickets/" + action.group(2), {"service": service})
    print(ticket)
    query = urllib.parse.urlencode({"service": service, "ticket": ticket})
    status, answer = call(f"{base}/serviceValidate?{query}")
    print(re.search(r"<cas:user>([^<]*)</cas:user>", answer).group(1))
    status, _ = call(action.group(1) if not identity else f"{base}/v1/tickets/{action.group(2)}",
                     method="DELETE")
    print(status)


main(*sys.argv[1:])
