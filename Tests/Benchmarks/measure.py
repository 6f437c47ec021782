"""Processes: starting them, asking over FastCGI, their memory."""

import grp
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time


def own_group():
    return grp.getgrgid(os.getgid()).gr_name


def free_ports(count):
    """Ports of loopback that were free a moment ago."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def start(command, path, uri, log):
    """Starts a program; the process, and the milliseconds until its first answer on the socket."""
    with open(log, "wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        )
    while not answers(path, uri):
        if process.poll() is not None or time.monotonic() > began + 30:
            stop(process)
            said = pathlib.Path(log).read_text()[-3000:]
            raise SystemExit(f"{command[0]} does not answer:\n{said}")
        time.sleep(0.0005)
    return process, (time.monotonic() - began) * 1000


def stop(process):
    """Ends a program and what it started: TERM, fifteen seconds, KILL."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def wait_for_port(port, process):
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("nginx did not start")
            time.sleep(0.01)


def answers(path, uri):
    """Whether a FastCGI GET over the socket is answered with 200."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            connection.sendall(get_request(uri))
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return b"Content-Type" in answer and b"Status: 5" not in answer
    except OSError:
        return False


def get_request(uri):
    names = {"REQUEST_METHOD": "GET", "REQUEST_URI": uri, "QUERY_STRING": "", "HTTPS": "on",
             "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", "CASD_PROFILE": "1"}
    parameters = b"".join(
        bytes([len(name), len(value)]) + name.encode() + value.encode()
        for name, value in names.items()
    )
    begin = struct.pack(">HB5x", 1, 0)  # responder, and close the connection afterwards
    return record(1, begin) + record(4, parameters) + record(4, b"") + record(5, b"")


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def memory(pid):
    """RSS and PSS in MiB of a process and its descendants, by (pid, title)."""
    result = {}
    for each in [pid, *descendants(pid)]:
        fields = {}
        for line in pathlib.Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("Rss", "Pss"):
                fields[name] = int(value.split()[0]) / 1024
        title = "started" if each == pid else "its child"
        result[each, f"{title}, {each}"] = (fields["Rss"], fields["Pss"])
    return result


def descendants(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    own = [int(each) for each in children.read_text().split()] if children.exists() else []
    return own + [each for child in own for each in descendants(child)]
