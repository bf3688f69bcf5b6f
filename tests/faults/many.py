"""Many workers at one conversation, each in a process of its own."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import worker

from shopassist.knowledge.search import ChromaKnowledge
from shopassist.testing import ScriptedModel

TEXTS = ("你好", "我的订单发货了吗", "谢谢", "能用优惠券吗")
QUESTION, ANSWER = "无线降噪耳机Pro续航多久", "单次续航 8 小时，配合充电盒共 30 小时。"
PATIENCE = 120.0


def together(target, jobs):
    """What each of the processes sends that call `target` with these arguments and a pipe; what one raises is raised."""
    running = []
    for job in jobs:
        ours, theirs = worker.processes.Pipe()
        process = worker.processes.Process(target=_sending, args=(target, theirs, job))
        process.start()
        theirs.close()
        running.append((process, ours))
    results = []
    for process, pipe in running:
        with closing(pipe):
            results.append(pipe.recv())
        process.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _sending(target, pipe, job):
    try:
        pipe.send(target(*job))
    except Exception as error:  # noqa: BLE001 - handed to the waiting side, which raises it
        pipe.send(error)


def chat(place, talk, name, count):
    """Send so many messages to a talk, one after the other; the reply's turn for each message id."""
    with worker.worker(place) as assistant:
        ids = [f"{name}-{n}" for n in range(count)]
        return {i: talk.said(assistant, TEXTS[n % len(TEXTS)], i, wait=PATIENCE).turn for n, i in enumerate(ids)}


def ask_at_once(place, talk, index, threads, together):
    """Send one message from so many threads; the replies, and how often the model was asked in this process."""
    model = ScriptedModel(answers=[ANSWER], delay=0.05)
    with worker.worker(place, model, ChromaKnowledge(index, None)) as assistant, ThreadPoolExecutor(threads) as pool:

        def ask(_):
            together.wait(PATIENCE)
            return talk.said(assistant, QUESTION, "m1", wait=PATIENCE)

        return list(pool.map(ask, range(threads))), len(model.calls)


def numbers(place, talk):
    """The turns, the messages' numbers, and the messages that each turn answered, as they are stored."""
    with worker.worker(place) as assistant:
        stored = assistant.export(talk.name, customer=talk.customer)
    replies = stored["replies"]
    return [r["turn"] for r in replies], [m["seq"] for m in stored["messages"]], [r["merged"] for r in replies]
