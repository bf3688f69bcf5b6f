"""Pages embedded by the workers of a Ray cluster, by Ray Data (extra `ray`): for stocks that take one machine hours.

A worker opens the model by itself, so its folder must be there on every machine of the cluster. With an encoder that
takes each text alone (`OnnxEmbeddings`) the vectors are those of the plain path, bit for bit.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shopassist.errors import KnowledgeError, MissingExtra, ShopAssistError
from shopassist.knowledge.encoding import encode

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray


class RayEncoder:
    """Encodes batches on a Ray cluster; an `Encoder` of `build`."""

    def __init__(self, address: str) -> None:
        """Name the cluster: ``local`` starts one on this machine, ``auto`` finds the one it belongs to.

        Raises `MissingExtra`.
        """
        from importlib.util import find_spec

        if find_spec("ray") is None:
            raise MissingExtra("the setting `ray_address` needs Ray: pip install 'shopassist[ray]'")
        self.address = address

    def __call__(
        self, embeddings: Embeddings, batches: Sequence[Sequence[str]]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Numbers of batches with their vectors, as they come. Raises `KnowledgeError`."""
        if not batches:
            return
        try:
            packed = pickle.dumps(embeddings)
        except Exception as error:  # what a foreign class raises
            raise KnowledgeError(
                f"{type(embeddings).__name__} cannot be sent to Ray's workers ({error}); unset `ray_address`"
            ) from error
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it reports home otherwise
        import ray
        import ray.data

        begun = not ray.is_initialized()
        for name in ("ray", "ray.data"):  # they log each execution, and a worker's whole traceback
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            if begun:
                ray.init(self.address, include_dashboard=False, log_to_driver=False, configure_logging=False)
            ray.data.DataContext.get_current().enable_progress_bars = False
            found = ray.data.from_items(
                [{"batch": number, "texts": list(texts)} for number, texts in enumerate(batches)]
            ).map_batches(
                _Worker, fn_constructor_args=(packed,), batch_size=1, compute=ray.data.ActorPoolStrategy(min_size=1)
            )
            for row in found.iter_rows():
                if row["failed"]:
                    raise KnowledgeError(f"a worker of the Ray cluster {self.address} failed: {row['failed']}")
                yield row["batch"], np.array(row["vectors"], np.float32).reshape(len(batches[row["batch"]]), -1)
        except (ShopAssistError, GeneratorExit):
            raise
        except Exception as error:  # Ray raises many kinds, with a worker's whole traceback
            raise KnowledgeError(f"the Ray cluster {self.address} failed ({_reason(error)})") from error
        finally:
            if begun and ray.is_initialized():
                ray.shutdown()


class _Worker:
    def __init__(self, packed: bytes) -> None:
        self.embeddings = pickle.loads(packed)  # noqa: S301 - from the process that ingests

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        try:
            vectors = [encode(self.embeddings, list(texts)).ravel() for texts in batch["texts"]]
        except ShopAssistError as error:  # told as a value: Ray would bury it in its own texts
            return {"batch": batch["batch"], "vectors": [np.empty(0, np.float32)], "failed": [str(error)]}
        return {"batch": batch["batch"], "vectors": vectors, "failed": [""]}


def _reason(error: Exception) -> str:
    return next((line for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__).strip()
