"""Elastic's client for Python: helpers.streaming_bulk, which sends again what was refused."""
import json
import os
import sys
import time

from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk


def tell(**what):
    print(json.dumps(what), flush=True)


def actions():
    first, count, pace = (int(os.environ[name]) for name in ("FROM", "COUNT", "PACE"))
    for number in range(first, first + count):
        tell(sent=number)
        yield {"_op_type": "index", "_index": "orders", "number": number, "mark": f"evt-{number:06d}"}
        time.sleep(pace / 1000)


client = Elasticsearch([os.environ["URL"]], http_auth=("ingest", os.environ["KEY"]), retry_on_timeout=True, max_retries=5,
                       retry_on_status=(502, 503, 504, 429))
sent = int(os.environ["FROM"])
try:
    for done, answer in streaming_bulk(client, actions(), chunk_size=7, max_retries=10, initial_backoff=1, raise_on_error=False):
        tell(**({"stored": sent} if done else {"error": json.dumps(answer)}))
        sent += 1
except Exception as error:  # a client gives up with one of several
    tell(error=repr(error)[:300])
tell(done=True)
sys.exit(0)
