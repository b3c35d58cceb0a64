"""A server that answers from a script, so that tests decide what fails."""

from __future__ import annotations

import dataclasses
import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


@dataclasses.dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers the n-th request by the n-th reply; the last one answers all that follow."""

    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.lock:
            self.server.seen.append(Seen(self.command, self.path, headers, body))
            reply = self.server.replies[min(len(self.server.seen), len(self.server.replies)) - 1]
        self.close_connection = True
        reply(self, self.server.seen[-1])

    do_GET = do_POST = do_PUT = do_PATCH = answer

    def say(self, status: int, content_type: str, body: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": content_type, "connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


Reply = Callable[[Handler, Seen], None]


class Server(http.server.ThreadingHTTPServer):
    """The server and what it saw."""

    daemon_threads = True

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = replies
        self.seen: list[Seen] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(*replies: Reply) -> Iterator[Server]:
    """Serves until the end of the block."""
    server = Server(replies)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def answers(body: object) -> Reply:
    """JSON."""
    return lambda handler, _: handler.say(200, "application/json", json.dumps(body))


def problem(status: int, code: str, headers: Mapping[str, str] | None = None, **more: object) -> Reply:
    """A refusal."""
    said = {"type": "about:blank", "title": code, "status": status, "detail": code, "instance": "/", "code": code, "trace_id": "0", **more}
    return lambda handler, _: handler.say(status, "application/problem+json", json.dumps(said), headers)


def bad_gateway(handler: Handler, _: Seen) -> None:
    """A proxy in trouble."""
    handler.say(502, "text/html", "<h1>Bad gateway</h1>")


def hang_up(handler: Handler, _: Seen) -> None:
    """The request arrives and its answer is lost."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def break_off(handler: Handler, _: Seen) -> None:
    """The answer breaks off half-way."""
    handler.say(200, "application/json", '{"id":', {"content-length": "1000"})


def events(*positions: int) -> Reply:
    """Some events, and then the end of the stream."""
    told = [f'id: {at}\nevent: BookingSecured\ndata: {{"position":{at},"type":"BookingSecured"}}\n\n' for at in positions]
    return lambda handler, _: handler.say(200, "text/event-stream", ":\n\n" + "".join(told))
