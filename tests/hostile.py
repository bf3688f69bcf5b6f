"""Texts that make an expression work hardest: what one of its repetitions takes, over and over, and nothing that ends it."""

import re
import re._constants as op
import re._parser as parser

CHOICES = 3
"""How many of a node's alternatives are tried."""

TEXTS = 10
_LONG = 20
"""A repetition up to fewer times than this is no loop that a text can feed."""

_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
_CLASSES = {
    op.CATEGORY_DIGIT: "7",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_WORD: "a7",
    op.CATEGORY_NOT_WORD: " ",
}


def hostile(before, body, after, size):
    """A text of about `size` characters."""
    return before + body * max(1, size // len(body)) + after


def bodies(pattern, flags):
    """Pairs (before, body): what stands in front of a repetition, and what is to be said again and again."""
    tree = parser.parse(pattern, flags & ~re.DEBUG)
    pairs = dict.fromkeys(_pairs(tree, [""]))
    plain = dict.fromkeys(("", text) for text in _samples(tree) if text)
    return [*pairs, *plain, ("", "a"), ("", " ")][:TEXTS]


def _pairs(nodes, before):
    """Along the tree: `before` holds samples of what an expression has matched up to here."""
    for kind, value in nodes:
        for parts, lead in _inside(kind, value, before):
            yield from _pairs(parts, lead)
        if kind in _REPEATS and value[1] >= _LONG:
            for text in filter(None, _samples(value[2])):
                yield before[0], text
                yield "", before[0] + text
        before = [(start + end)[-40:] for start in before for end in _sample(kind, value)][:CHOICES]


def _inside(kind, value, before):
    if kind in _REPEATS:
        yield value[2], before
    elif kind is op.BRANCH:
        yield from ((branch, before) for branch in value[1])
    elif kind is op.SUBPATTERN:
        yield value[3], before
    elif kind is op.ATOMIC_GROUP:
        yield value, before
    elif kind in (op.ASSERT, op.ASSERT_NOT) and value[0] > 0:
        yield value[1], before


def _samples(nodes):
    """A few texts that the nodes match one after the other."""
    texts = [""]
    for kind, value in nodes:
        texts = [start + end for start in texts for end in _sample(kind, value)][:CHOICES]
    return texts


def _sample(kind, value):
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.NOT_LITERAL or kind is op.ANY:
        return ["a", "7", " "]
    if kind is op.IN:
        return _members(value)
    if kind is op.BRANCH:
        return [text for branch in value[1] for text in _samples(branch)[:1]]
    if kind in _REPEATS:
        return [text * max(value[0], 1) for text in _samples(value[2])] + ([""] if not value[0] else [])
    if kind is op.SUBPATTERN:
        return _samples(value[3])
    if kind is op.ATOMIC_GROUP:
        return _samples(value)
    return [""]  # assertions, places, references to a group


def _members(members):
    if members[0][0] is op.NEGATE:
        expression = {chr(value) for kind, value in members if kind is op.LITERAL}
        return [c for c in "a7 的,.\n" if c not in expression][:CHOICES]
    texts = []
    for kind, value in members:
        if kind is op.LITERAL:
            texts.append(chr(value))
        elif kind is op.RANGE:
            texts.append(chr(value[0]))
        elif kind is op.CATEGORY:
            texts.extend(_CLASSES[value])
    return [texts[0], texts[-1], texts[len(texts) // 2]]
