"""Logs the benchmark's users in, as a browser and over REST."""

import html
import http.client
import re
import urllib.parse


def write(path, program, port, users):
    """Writes the driver's sessions file: name, cookie header, ticket-granting ticket."""
    lines = []
    for number in range(users):
        name = f"user-{number}"
        if program == "casd":
            cookie, ticket = log_in(port, name), grant(port, name)
        else:  # They answer from what they are sent.
            cookie, ticket = f"TGC={name}", f"TGT-{name}"
        lines.append(f"{name}\t{cookie}\t{ticket}\n")
    path.write_text("".join(lines))


def log_in(port, name):
    """The cookie that the login page gives for a password."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/cas/login")
    page = connection.getresponse()
    text = page.read().decode()
    cookies = cookies_of(page)
    fields = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", text):
        attributes = dict(re.findall(r"([a-zA-Z_]+)=\"([^\"]*)\"", tag))
        fields[attributes["name"]] = html.unescape(attributes.get("value", ""))
    fields.update(username=name, password="Mellon", _eventId="submit")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items()),
    }
    connection.request("POST", "/cas/login", urllib.parse.urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    granted = cookies_of(answer)
    if not granted.get("TGC"):
        raise SystemExit(f"{name} could not log in: status {answer.status}")
    return f"TGC={granted['TGC']}"


def cookies_of(answer):
    lines = answer.headers.get_all("Set-Cookie") or []
    pairs = (line.split(";")[0].partition("=") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def grant(port, name):
    """A ticket-granting ticket over REST."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = urllib.parse.urlencode({"username": name, "password": "Mellon"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
    # With a slash at its end: without one nginx adds a certificate.
    connection.request("POST", "/cas/v1/tickets/", body, headers)
    answer = connection.getresponse()
    text = answer.read().decode().strip()
    if answer.status != 201:
        raise SystemExit(f"{name} got no ticket over REST: status {answer.status} {text[:200]}")
    return text
