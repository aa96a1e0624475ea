"""Puts jobs into an RQ queue. `rq worker` works at them."""

import os

from redis import Redis
from rq import Queue

queue = Queue("orders", connection=Redis.from_url(os.environ["BROKER"]))
for _ in range(5):
    queue.enqueue("time.sleep", 600)
print("filled", flush=True)
