"""Loads what a worker needs by one talk of each kind, for the processes that are forked afterwards."""

import tempfile
from pathlib import Path

import worker

with tempfile.TemporaryDirectory() as folder:
    place = worker.Place(f"sqlite:///{folder}/conversations.db", f"sqlite:///{folder}/shop.db", Path(folder))
    talks = [worker.Talk(number, kind) for number, kind in enumerate(worker.KINDS)]
    worker.set_up(place, talks)
    worker.ask(place, talks)
    with worker.worker(place) as assistant:
        for talk in talks:
            talk.said(assistant, worker.YES, "yes")
