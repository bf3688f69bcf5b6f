"""Ingestions that are killed: customers notice nothing, and the next one succeeds."""

import random

import ingesting

from shopassist.knowledge import generations
from shopassist.knowledge.vectors import Embedded
from shopassist.knowledge.verify import verify
from shopassist.testing import HashEmbeddings

KILLS, READERS = 5, 4


def test_five_kills_under_four_readers_fail_no_search_and_mix_no_generations(tmp_path):
    pages, index = tmp_path / "pages", tmp_path / "index"
    draw = random.Random(8)
    ingesting.publish(pages, 1)
    ingesting.take(pages, index)
    ingesting.publish(pages, 2)
    usual = ingesting.take(pages, index)
    at_work = 0
    with ingesting.readers(index, READERS) as seen:
        for edition in range(3, 3 + KILLS):
            ingesting.publish(pages, edition)
            at_work += ingesting.kill(pages, index, draw.uniform(0, usual))
            ingesting.take(pages, index)  # the next run succeeds
    assert at_work >= 1
    assert [(s.failures, s.failed) for s in seen] == [(0, [])] * READERS
    assert [(s.mixed, s.back) for s in seen] == [(0, 0)] * READERS
    assert all(s.searches > 20 and s.editions > 1 for s in seen)
    assert not [p.name for p in index.iterdir() if p.suffix in (".part", ".journal")]
    names = generations.names(index)
    assert len(names) <= generations.KEPT + READERS  # what a reader held when it should have gone
    verdict = verify(index / names[-1], HashEmbeddings(), Embedded(), [], today=ingesting.DAY)
    assert verdict.whole, verdict
    assert verdict.passages == ingesting.PAGES * ingesting.SECTIONS
