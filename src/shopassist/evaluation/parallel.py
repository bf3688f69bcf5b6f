"""Many scenarios over several processes, with the results in the order of the scenarios."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from multiprocessing import get_context
from typing import Protocol

from shopassist.evaluation.run import Result, Scene, Talks, failed, run
from shopassist.evaluation.scenario import Scenario

BATCH = 8
"""Scenarios that a process is given at once."""

WORTH = 100
"""Scenarios for which another process is worth its start: it has to import everything and open the index."""


class Assistants(Protocol):
    """Makes assistants, from parts that it opened once and closes at the end."""

    def __call__(self, scene: Scene) -> Talks:
        """The assistant of one scene."""
        ...

    def close(self) -> None:
        """Give the parts back."""
        ...


def jobs_for(scenarios: int, files: int, cpus: int) -> int:
    """How many processes to use: one for every file or `WORTH` scenarios, at most one a processor."""
    return max(1, min(cpus, max(files, scenarios // WORTH)))


def run_all(
    scenarios: Sequence[Scenario],
    assistants: Callable[[], Assistants],
    *,
    jobs: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> list[Result]:
    """Play the scenarios and return a result for each, in their order.

    `assistants` is called once in each process (pickle must know it, where there are several), and raises what it
    raises. A process that dies takes what the others do along: what is unfinished then is played again, a scenario at
    a time, and the one that kills its process is a miss. `done` hears how many more were finished.
    """
    if jobs == 1:
        with closing(assistants()) as make:
            return run(scenarios, make, lambda _: done(1))
    assistants().close()  # what cannot be opened raises here, once, and not in every process
    size = max(1, min(BATCH, len(scenarios) // jobs))
    results: list[Result] = []
    with _pool(jobs, assistants) as pool:
        batches = [scenarios[start : start + size] for start in range(0, len(scenarios), size)]
        for batch, future in [(batch, pool.submit(_play, batch)) for batch in batches]:
            try:
                results.extend(future.result())
            except BrokenProcessPool:
                results.extend(_one_by_one(batch, assistants))
            done(len(batch))
    return results


def _one_by_one(scenarios: Sequence[Scenario], assistants: Callable[[], Assistants]) -> Iterator[Result]:
    """Each alone, in a process that is replaced when it dies."""
    left = list(scenarios)
    while left:
        with _pool(1, assistants) as pool:
            alive = True
            while left and alive:
                scenario = left.pop(0)
                try:
                    yield pool.submit(_play, (scenario,)).result()[0]
                except BrokenProcessPool as error:
                    alive = False
                    yield failed(scenario, error)


@contextmanager
def _pool(jobs: int, assistants: Callable[[], Assistants]) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_open, initargs=(assistants,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_parts: list[Assistants] = []
"""This worker's own; an initializer has no other way to hand something to the calls that follow."""


def _open(assistants: Callable[[], Assistants]) -> None:
    logging.disable(logging.WARNING)  # the first process has said it
    _parts[:] = [assistants()]


def _play(batch: Sequence[Scenario]) -> list[Result]:
    return run(batch, _parts[0])
