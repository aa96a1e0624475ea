"""A Celery application: `python3 celery_app.py` fills its queues, `celery -A celery_app worker` works at them."""

import os
import time

from celery import Celery

app = Celery("app", broker=os.environ["BROKER"])
app.conf.task_acks_late = True
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_transport_options = {"queue_order_strategy": "priority"}


@app.task(name="hold")
def hold():
    time.sleep(600)


if __name__ == "__main__":
    for _ in range(5):
        hold.apply_async(queue="orders", priority=0)
    for _ in range(2):
        hold.apply_async(queue="orders", priority=6)
    hold.apply_async(queue="other")
    print("filled", flush=True)
