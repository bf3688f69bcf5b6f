"""The example shop with the scripted model of the tests: its answer and its pauses are the environment's."""

from yunji.settings import *  # noqa: F403
from yunji.settings import SHOPASSIST

SHOPASSIST = {**SHOPASSIST, "ASSISTANT": "shopsite.assistants.make", "ANSWER_CACHE": 0}
