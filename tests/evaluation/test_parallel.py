"""Several processes: the same results in the same order, whatever happens to one of them."""

import pickle
from functools import partial

import pytest
from stand_in import Broken, Makes, written

from shopassist.evaluation.parallel import jobs_for, run_all
from shopassist.evaluation.sample import SampleAssistants


@pytest.fixture
def read(tmp_path):
    """The scenarios of a text."""
    return partial(written, tmp_path)


def suite(read, *says):
    return read("".join(f"- {{name: {n}, customer: u-1001, turns: [{{say: {say}}}]}}\n" for n, say in enumerate(says)))


def test_processes_give_the_results_of_one_in_the_same_order(read):
    scenarios = suite(read, *["状态", "取消", "错", "好的"] * 3)
    counted = []
    alone, several = (run_all(scenarios, Makes, jobs=jobs, done=counted.append) for jobs in (1, 2))
    assert several == alone
    assert sum(counted) == 2 * len(scenarios)
    assert [r.passed for r in several] == [True, True, False, True] * 3
    assert several[2].turns[0].misses[0].seen == "ValueError: the stand-in was told to fail"


def test_a_process_that_dies_is_one_miss_and_not_the_end(read):
    results = run_all(suite(read, "状态", "崩", "取消", "状态"), Makes, jobs=2)
    assert [r.passed for r in results] == [True, False, True, True]
    assert results[1].turns[0].misses[0].seen.startswith("BrokenProcessPool")
    assert [r.scenario.name for r in results] == ["0", "1", "2", "3"]


def test_what_cannot_be_opened_is_raised_at_once(read):
    with pytest.raises(RuntimeError, match="there is no index"):
        run_all(suite(read, "状态"), Broken, jobs=2)


@pytest.mark.parametrize(
    ("scenarios", "files", "cpus", "jobs"),
    [(1, 1, 8, 1), (30, 1, 8, 1), (500, 1, 8, 5), (500, 1, 2, 2), (6, 3, 8, 3), (6, 3, 2, 2), (0, 1, 8, 1)],
)
def test_a_process_for_each_file_or_many_scenarios_and_none_beyond_the_processors(scenarios, files, cpus, jobs):
    assert jobs_for(scenarios, files, cpus) == jobs


def test_the_sample_shops_assistants_can_be_made_in_another_process(settings):
    made = pickle.loads(pickle.dumps(partial(SampleAssistants, settings)))()
    assert made.settings == settings
    assert made.model_name is None
    made.close()
