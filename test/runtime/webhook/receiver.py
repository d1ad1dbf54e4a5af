"""A receiver of webhooks that fleetstream did not write: it believes nothing but what `standardwebhooks` verifies.

It prints its port, and then a line of JSON for each request. The first request is told to come again.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

judge = Webhook(sys.argv[1])
asked = 0


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        global asked
        asked += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            told = judge.verify(body, dict(self.headers))
            status = 503 if asked == 1 else 204
        except WebhookVerificationError as error:
            told, status = str(error), 400
        print(json.dumps({"status": status, "id": self.headers["webhook-id"], "told": told}), flush=True)
        self.send_response(status)
        self.send_header("retry-after", "0")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
