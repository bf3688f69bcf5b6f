"""Where no order is meant, the pages' other version is told with the days of its orders."""

from datetime import date

import pytest
from visits import NOBODY, OTHER, Visit

DOUBLE11 = "returns@2024-11-01..2024-11-12"


def test_a_visitor_hears_both_versions_with_their_days(assistant):
    reply = Visit(assistant, customer=NOBODY).say("退货要在多少天内申请")
    assert "7 天" in reply.text
    assert "30 天" in reply.text
    assert "11 月 1 日" in reply.text
    assert "11 月 12 日" in reply.text
    assert DOUBLE11 in {c.version for c in reply.citations}


@pytest.mark.parametrize("text", ["双十一买的，退货要在多少天内申请", "发货要多久", "退货运费谁出"])
def test_a_day_that_is_named_or_the_same_figures_leave_one(assistant, text):
    assert "现在下单" not in Visit(assistant, customer=NOBODY).say(text).text


def test_the_order_that_is_spoken_of_decides_alone(assistant):
    talk = Visit(assistant, customer=OTHER)
    talk.say("帮我把显示器退了")
    reply = talk.say("退货要在多少天内申请")
    assert "现在下单" not in reply.text


def test_periods_are_those_of_the_versions_that_held(lexical):
    found = lexical.periods("returns", language="zh", since=date(2024, 10, 20), until=date(2024, 12, 5))
    assert [(p.first.isoformat(), p.last.isoformat(), p.valid_to is not None) for p in found] == [
        ("2024-10-20", "2024-10-31", False), ("2024-11-01", "2024-11-12", True), ("2024-11-13", "2024-12-05", False),
    ]  # fmt: skip
    assert lexical.periods("returns", language="zh", since=date(2020, 1, 1), until=date(2020, 2, 1)) == ()
    assert lexical.periods("nothing", language="zh", since=date(2024, 1, 1), until=date(2024, 2, 1)) == ()
