"""The shop's web service. Its /track passes a query parameter to a shell: the hole."""
import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.parse

LOG = "/var/log/shop/access.log"
ORDERS = "/var/lib/shop/orders.csv"


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == "/healthz":
            self.answer(200, "ok\n")
        elif url.path == "/products":
            with open("/var/lib/shop/catalog.json") as f:
                self.answer(200, json.dumps(json.load(f)))
        elif url.path == "/track":
            order = query.get("order", ["0"])[0]
            found = subprocess.run("grep -c ^%s, %s" % (order, ORDERS), shell=True, stdout=subprocess.PIPE)
            self.answer(200, found.stdout.decode(errors="replace"))
        else:
            self.answer(404, "not here\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(ORDERS, "ab") as f:
            f.write(body + b"\n")
        self.answer(201, "ordered\n")

    def answer(self, status, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        with open(LOG, "a") as f:
            f.write("%s %s %s\n" % (time.strftime("%FT%TZ", time.gmtime()), self.client_address[0], format % args))


def jobs(every):
    """What a cron in the container would do."""
    while True:
        time.sleep(every)
        subprocess.run(["/bin/sh", "/app/rotate.sh"])


if __name__ == "__main__":
    address, port, every = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    threading.Thread(target=jobs, args=(every,), daemon=True).start()
    http.server.ThreadingHTTPServer((address, port), Shop).serve_forever()
