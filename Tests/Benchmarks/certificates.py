"""A hierarchy of authorities, a client, and a revocation list with many entries, by OpenSSL."""

import subprocess

ENTRIES = 100_000
SETTINGS = """
[ca]
default_ca = {name}
[{name}]
database = {directory}/{name}.index
crlnumber = {directory}/{name}.number
default_md = sha256
default_crl_days = 30
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
"""


def make(directory):
    """Writes root.pem, issuing.pem, client.pem and lists.pem; the text of client.pem."""
    directory.mkdir()
    for name in ("root", "issuing"):
        settings = SETTINGS.format(name=name, directory=directory)
        (directory / f"{name}.cnf").write_text(settings)
        (directory / f"{name}.number").write_text("01\n")
    issue(directory, "root", "/O=Benchmark/CN=Root", "authority", None)
    issue(directory, "issuing", "/O=Benchmark/CN=Issuing", "authority", "root")
    issue(directory, "client", "/O=Benchmark/CN=user-0", "client", "issuing")
    (directory / "root.index").write_text("")
    line = "R\t300101000000Z\t260101000000Z,keyCompromise\t{:032X}\tunknown\t/CN=gone\n"
    first = 0x10_0000_0000_0000_0000
    entries = (line.format(first + 7 * number) for number in range(ENTRIES))
    (directory / "issuing.index").write_text("".join(entries))
    lists = "".join(revocation_list(directory, name) for name in ("root", "issuing"))
    (directory / "lists.pem").write_text(lists)
    return (directory / "client.pem").read_text()


def issue(directory, name, subject, profile, issuer):
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", directory / f"{name}.key"]
    settings = ["-config", directory / "root.cnf", "-extensions", profile]
    signer = []
    if issuer:
        signer = ["-CA", directory / f"{issuer}.pem", "-CAkey", directory / f"{issuer}.key"]
    openssl(
        "req", "-x509", *key, *settings, *signer, "-subj", subject, "-days", "30",
        "-out", directory / f"{name}.pem",
    )


def revocation_list(directory, name):
    settings = ["-config", directory / f"{name}.cnf", "-name", name]
    signer = ["-cert", directory / f"{name}.pem", "-keyfile", directory / f"{name}.key"]
    return openssl("ca", "-gencrl", *settings, *signer)


def openssl(*words):
    command = ["openssl", *(str(word) for word in words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
