"""The option `--since` of commands that read stored conversations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from shopassist.errors import InputError

_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def moment_of(since: str, now: datetime) -> float:
    """The moment that ``7d`` or ``2024-12-05`` means, in seconds since the epoch; days begin in the shop's timezone.

    Raises `InputError` for what means neither.
    """
    if ago := _AGO.fullmatch(since):
        return (now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).timestamp()
    try:
        return datetime.strptime(since, "%Y-%m-%d").replace(tzinfo=now.tzinfo).timestamp()
    except ValueError:
        raise InputError(f"--since {since}: neither a day such as 2024-12-05 nor a time ago such as 7d") from None
