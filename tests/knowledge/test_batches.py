"""The batch size is found on the work itself, and halved where memory runs out; nothing is lost or changes its place."""

import numpy as np
import pytest

from shopassist.knowledge.batches import Batches

TEXTS = [f"{'字' * (n % 37)}{n}" for n in range(400)]


class Model:
    """A model whose calls cost `fixed` + `each` x texts seconds on a clock of its own, with room for `room` texts."""

    def __init__(self, fixed=0.0, each=1.0, room=10_000, error=MemoryError):
        self.fixed, self.each, self.room, self.error = fixed, each, room, error
        self.time = 0.0
        self.sizes = []

    def clock(self):
        return self.time

    def __call__(self, texts):
        self.sizes.append(len(texts))
        if len(texts) > self.room:
            raise self.error("CUDA out of memory. Tried to allocate 20 MiB")
        self.time += self.fixed + self.each * sum(map(len, texts))
        return np.array([[len(t), hash(t) % 1000] for t in texts], np.float32)


def run(batches, model, texts=TEXTS):
    found = batches.run(texts, model, model.clock)
    assert np.array_equal(found, np.array([[len(t), hash(t) % 1000] for t in texts], np.float32))
    return model


def test_batches_grow_as_long_as_that_is_faster():
    batches = Batches(start=4)
    run(batches, Model(fixed=1000.0), TEXTS * 4)
    assert batches.size > 64
    steady = Batches(start=4)
    run(steady, Model(fixed=0.0), TEXTS * 4)
    assert steady.size == 4


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_a_batch_that_does_not_fit_is_halved_and_loses_nothing(error):
    batches = Batches(start=64)
    model = run(batches, Model(fixed=1000.0, room=10, error=error))
    assert batches.size == 8
    assert model.sizes.count(64) == 1
    run(batches, Model(room=10, error=error))  # and it is not tried again


def test_one_text_that_is_too_much_is_an_error():
    with pytest.raises(MemoryError):
        Batches().run(["x"], Model(room=0))


def test_an_error_of_another_kind_is_not_taken_for_a_want_of_memory():
    def broken(texts):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        Batches().run(TEXTS, broken)


def test_torch_says_it_in_these_words():
    torch = pytest.importorskip("torch")
    assert issubclass(torch.OutOfMemoryError, RuntimeError)
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    batches = Batches(start=2)

    def full(texts):
        if len(texts) > 1:
            raise caught.value
        return np.zeros((1, 2), np.float32)

    assert batches.run(["a", "b", "c"], full).shape == (3, 2)
    assert batches.size == 1
