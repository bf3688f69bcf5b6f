"""`/desk` in `shopassist chat`: the person at the other end of the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopassist.assistant import Assistant

AGENT = "you"
USAGE = "/desk claim takes the conversation, /desk say TEXT writes to the customer, /desk return gives it back."


def act(assistant: Assistant, conversation: str, argument: str) -> str:
    """Do what is asked of the desk, and what there is to show of it. Raises `DeskError`, `InputError`."""
    handed = assistant.store.open_handoff(conversation)
    if handed is None:
        return "Nobody was handed over; 转人工 asks for a person."
    verb, _, text = argument.strip().partition(" ")
    match verb:
        case "claim":
            return f"{assistant.desk.text(assistant.desk.claim(handed.id, AGENT))}\nThe bot is silent now. {USAGE}"
        case "say":
            return f"Person: {assistant.desk.say(handed.id, AGENT, text).text}"
        case "return":
            return assistant.desk.give_back(handed.id, AGENT).text
        case _:
            return f"{handed.id} is {handed.status}. {USAGE}"
