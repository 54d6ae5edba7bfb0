"""A consumer that takes each event once, without transactions: what it does with an event, and that it did, is one write.
The node sends with
  --sink http --set Sinks:http:Format=CloudEventsBatch --set Sinks:http:Url=http://127.0.0.1:9000/
Usage: deduplicate.py OUTPUT PORT
"""
import http.server
import json
import os
import sys
import threading

output, port = sys.argv[1], int(sys.argv[2])
file = os.open(output, os.O_RDWR | os.O_CREAT, 0o644)

# What was written before: a line that a crash cut short was not answered, and is written again.
text = b""
while block := os.read(file, 1 << 20):
    text += block
whole = text.rfind(b"\n") + 1
os.ftruncate(file, whole)
os.lseek(file, 0, os.SEEK_END)
seen = {line.split("\t")[0] for line in text[:whole].decode().splitlines()}
one_at_a_time = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with one_at_a_time:
            lines, fresh = [], set()
            for event in events:
                # What CloudEvents calls the identity. Events that came without an id have the node's: the same as ingest-id in Kafka.
                identity = f"{event['source']} {event['id']}"
                if identity not in seen and identity not in fresh:
                    fresh.add(identity)
                    lines.append(f"{identity}\t{json.dumps(event['data'])}\n")
            try:
                rest = memoryview("".join(lines).encode())
                while rest:
                    rest = rest[os.write(file, rest):]
                os.fsync(file)
            except OSError as failed:
                # How much of it is in the file is found out at the next start.
                print(failed, file=sys.stderr)
                os._exit(1)
            seen.update(fresh)
        # Only now may the node forget them.
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
