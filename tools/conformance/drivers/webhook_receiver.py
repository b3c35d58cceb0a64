"""A receiver of webhooks that believes what a foreign library verifies, and nothing else.

POST /webhooks takes a message, POST /secret the secret to verify with, GET /received tells the verified ones. Prints its port.
"""

import http.server
import importlib
import json
import os
import sys

LIBRARY = importlib.import_module({"standardwebhooks": "standardwebhooks.webhooks", "svix": "svix.webhooks"}[os.environ["LIBRARY"]])
RECEIVED = []
SECRET = {"now": ""}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 204 to what is verified and 400 to what is not."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, json.dumps(RECEIVED).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/secret":
            SECRET["now"] = body.decode()
            return self.answer(204)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            event = LIBRARY.Webhook(SECRET["now"]).verify(body, headers)
        except LIBRARY.WebhookVerificationError as refusal:
            print(refusal, file=sys.stderr, flush=True)
            return self.answer(400)
        # Some versions verify and leave the reading to others.
        event = event if isinstance(event, dict) else json.loads(body)
        RECEIVED.append({"id": headers["webhook-id"], "type": event["type"]})
        return self.answer(204)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
