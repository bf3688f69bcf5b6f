"""Where a text holds a phone, a resident id, a bank card or an e-mail address, and the normal form of each.

A shop's text is full of long numbers that are none of these, so a shape alone decides nothing: a card needs Luhn's
digit and an issuer's prefix, a resident id its check digit and its day, and the word before a number has a say (订单号,
快递, 卡号, 手机号). Of two readings the number's own proof wins over the word, and the word over the bare shape.

Every pattern has bounded repetition behind a fixed start, so a text takes time in proportion to its length. The word
lists stand here because this layer reads no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from shopassist.text import fold

Kind = Literal["phone", "id", "card", "email"]


class Found(NamedTuple):
    """A value's place in the text, its kind and its `normal_form`."""

    start: int
    stop: int
    kind: Kind
    normal: str


_TAKEN = "\0"
_IN = r"\u00ad\u200b-\u200f\u2060-\u2064\ufe0f\ufeff\u20e3"  # invisible, or left of a keycap emoji (1️⃣3️⃣8️⃣)
_S = rf"[ \t._\-\u2010-\u2015\u2212\u00b7\u2022\u2219\u22c5\u30fb\u2027{_IN}]"
_O, _M = f"{_S}{{0,3}}", f"{_S}{{1,3}}"  # a separator that may be there, one that must
_A = rf"[ \-.()\u2010-\u2015{_IN}]{{0,3}}"
_FREEMAIL = "qq|vip.qq|163|126|139|189|yeah|sina|sohu|foxmail|gmail|hotmail|outlook|live|icloud|yahoo|aliyun|proton"

_EMAIL = re.compile(
    rf"""(?<![\w.%+-])[\w.%+-]++
    (?: @ (?:[a-z0-9-]{{1,63}}(?:\.|。(?=(?:com|cn|net|org)\b)))+ (?!(?:png|jpe?g|gif|webp|svg|pdf)\b) [a-z]{{2,24}}
      | [ ]?@[ ]?(?:{_FREEMAIL})\.[a-z]{{2,3}} | @(?:{_FREEMAIL})(?![a-z0-9]) )""",
    re.ASCII | re.VERBOSE,
)
_URL = re.compile(r"(?:https?://|www\.|\.(?:com|cn)/)[!-~]+")
_PARKED = str.maketrans("0123456789", "".join(chr(0xE000 + n) for n in range(10)))  # private use: seen by no rule
_UNPARKED = {parked: digit for digit, parked in _PARKED.items()}
_NAMED_IN_URL = re.compile(r"(?:phone|mobile|tel|cell)\w{0,40}=", re.ASCII)

_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID = re.compile(
    rf"(?<!\d){_PROVINCE}\d{{4}}{_O}(?:18|19|20)\d\d{_O}(?:0[1-9]|1[0-2]){_O}[0-3]\d{_O}\d{{3}}{_O}[\dx](?!\d)",
    re.ASCII,
)
_OLD_ID = re.compile(rf"(?<![\da-z]){_PROVINCE}\d{{4}}{_O}\d\d{_MONTH_DAY}{_O}\d{{3}}(?![\da-z])", re.ASCII)
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(18))
_ID_VALUES = {c: value for value, c in enumerate("0123456789x")}
_NAMED_ID = re.compile(rf"\d{{6}}{_O}(?:\d{{8}}{_O}\d{{3}}[\dx]|\d{{6}}{_O}\d{{3}})(?![\da-z])", re.ASCII)

_CARD = re.compile(
    rf"""(?<![\da-z]) (?: \d{{13,19}}
      | \d{{4}}{_M}\d{{4}}{_M}\d{{4}}(?:{_M}\d{{4}})?(?P<last>{_M}\d{{1,4}})?
      | \d{{4}}{_M}\d{{6}}{_M}\d{{4,5}} | \d{{6}}{_M}\d{{10}}(?:\d{{3}})? ) (?![\da-z])""",
    re.ASCII | re.VERBOSE,
)
_ISSUERS = {length: re.compile(prefix) for length, prefix in {
    13: "4", 14: "3(?:0[0-5]|[68])", 15: "3[47]", 17: "62|81", 18: "62|81",
    16: "4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|35(?:2[89]|[3-8])|60|62|64[4-9]|65|81",
    19: "62|81|436[27]|456[3-7]|955[89]|1030|60",  # of 4…: China's own banks; order numbers of 19 digits begin so too
}.items()}  # fmt: skip
_DOUBLED = "0246813579"  # Luhn: twice the digit, and the sum of its digits
_ORDER_AFTER = re.compile(
    r"""[)\]】"”']?\s?(?:这个|这|那个|是我?的?|[ia]s[ ](?:my|the|an?)[ ])?\s?
    (?:订单|运单|快递|物流|单号|单子|(?:order|tracking|parcel)\b)""",
    re.ASCII | re.VERBOSE,
)

_LISTED = re.compile(r"\s?(?:[,、;/&]|和|及|与|还有|and\b)?\s?", re.ASCII)
_EXTENSION = r"(?:[ ]?(?:转|分机|\bext\.?)[ ]?\d{1,5}(?!\d)|-\d{3,5}(?![\d\u4e00-\u9fff]|-\d))?"
_MOBILE = re.compile(
    rf"""(?<!\d) (?: (?:\+[ ]?86|0086|\([ ]?(?:\+|00)?86[ ]?\)|\+\(86\)){_O} | 86-? | (?<!-)0 )?
    (?: 1{_O}[3-9]{_O}\d{_O}\d{{4}}{_O}\d{{4}} | 1[3-9]\d{_M}\d{{3}}{_M}\d{{5}} | 1[3-9]\d{{3}}{_M}\d{{6}}
      | 1[3-9]\d{{4}}{_M}\d{{5}} | 1[3-9]\d(?:{_M}\d\d){{4}} | 1{_M}[3-9](?:{_M}\d){{9}} )
    (?!\d|[ ]?[元块万]|\.\d\d?(?!\d)) {_EXTENSION}""",
    re.ASCII | re.VERBOSE,
)
_AREA = (
    "(?:3(?:1[0-9]|35|49|5[0-9]|7[0-9]|9[1-8])|4(?:1[1-9]|2[179]|3[1-9]|5[1-9]|6[4-9]|7[0-9]|8[23])"
    "|5(?:1[0-9]|2[37]|3[0-9]|4[36]|5[0-9]|6[1-6]|7[0-9]|80|9[1-9])|6(?:3[1-5]|6[0-38]|9[12])"
    "|7(?:01|1[0-9]|2[248]|3[0-9]|4[3-6]|5[0-9]|6[0236-9]|7[0-9]|9[0-9])"
    "|8(?:1[2-8]|2[5-7]|3[0-9]|5[0-9]|7[0-9]|8[1-36-8]|9[1-8])|9(?:0[1-9]|1[0-9]|3[0-9]|4[13]|5[1-5]|7[0-9]|9[0-9]))"
)
_LANDLINE = re.compile(
    rf"""(?<![\da-z.]) (?:\+[ ]?86{_O})? (?: \(?0(?:10|2[0-57-9])\)?{_O}[1-9]\d{{3}}{_O}\d{{4}}
      | \(?0{_AREA}\)?{_O}[1-9]\d{{2,3}}{_O}\d{{4}} ) (?![\da-z]) {_EXTENSION}""",
    re.ASCII | re.VERBOSE,
)
_ABROAD = re.compile(
    rf"""(?<![\da-z+]) \+[ ]? (?: 1{_A}(?!8(?:00|33|44|55|66|77|88))[2-9]\d\d{_A}\d{{3}}{_A}\d{{4}}
      | (?:852|853|65){_A}\d{{4}}{_A}\d{{4}}
      | (?!86{_A}(?:1[3-9]|[48]00))[2-9]\d{{0,2}}(?:{_A}\d{{2,5}}){{2,5}}+ ) (?![\da-z])
      | (?<![\d-])(?!400|8(?:00|33|44|55|66|77|88))(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[-.])[2-9]\d\d[-.]\d{{4}}(?![\d-])""",
    re.ASCII | re.VERBOSE,
)
_NAMED_PHONE = re.compile(r"\+?\d{2,12}(?:[ .\-·]{1,2}\d{3,8}){0,3}(?![\da-z])", re.ASCII)
_NO_PHONE = re.compile(rf"(?:400|800)\d{{7}}$|10(?:10|50)\d{{4}}$|95\d{{3,6}}$|20[12]\d(?:{_MONTH_DAY}|$)", re.ASCII)

_SPOKEN = str.maketrans("零〇洞一幺壹二两贰三叁四肆五伍六陆七柒拐八捌九玖勾", "0001112223344556677788999")
_SPOKEN_RUN = re.compile("[零〇洞一幺壹二两贰三叁四肆五伍六陆七柒拐八捌九玖勾]{2}")

# What a number is called right before it. `paper` is the name of a shop's number and holds even for what looks like a
# phone; `parcel` names the thing only, after which a courier's or a customer's phone may come (快递 138… 打不通).
_LABEL = re.compile(
    r"""(?![0-9\s\0])(?: (?P<phone>手机(?=[号:改])|电话|座机|联系方式|致电|拨打|(?:call|reach|text)[ ]me[ ](?:at|on)\b
          |\bmy[ ]number\b|\b(?:phone|mobile|cell|cellphone)(?=[ ]?(?::|number|num|no\b|is\b))
          |\b(?:tel|telephone|whatsapp)\b)
      | (?P<card>(?:银行|信用|储蓄|借记)?卡号|(?:银行|信用|储蓄|借记|[这那]张|我的?)卡|尾号
          |\b(?:card|visa|mastercard|amex|unionpay)\b)
      | (?P<id>身份证(?:件)?|\b(?:id[ ]card|resident[ ]id|identity[ ]card)\b)
      | (?P<paper>(?:订单|运单|快递|物流|包裹|商品|产品|商家|店铺|服务)[ ]?(?:号|编号|单号|id\b)|单号|编号|流水号?
          |交易号|序列号|串号|条形?码|货号|型号|税号|识别号|信用代码|发票(?:代码|号)|批号|券码|兑换码|价格|价位|售价|[¥$]|\bid=
          |\b(?:sku|imei|sn|s/n|ean|upc)\b
          |\b(?:order|tracking|waybill|parcel|shipment|invoice|item|product|model|serial|tax|vat|ref|reference|transaction)
            (?:[ ]?(?:number|no|num|id|code|\#)|\#))
      | (?P<parcel>订单|运单|快递|物流|包裹|快件|\b(?:order|tracking|waybill|parcel|shipment|package|invoice)\b) )
    (?: [\s:='"“”「」『』【】\[\]()]|(?(parcel)(?!)|,)|\#|号码?|是|为|[改换变更](?:[新改换])?[成为到]
      |\b(?:number|num|no\.?|is|was|to|at|on)\b )*+""",
    re.ASCII | re.VERBOSE,
)
_HEX = re.compile("[0-9a-z][0-9]{1,40}[a-z]")
_CODE_BEFORE = re.compile(r"(?<![A-Za-z])(?!(?:TEL|PH|MOB|CELL|CALL|WX|VX|V|QQ|SMS)-?$)[A-Z]{1,4}-?$")
_RUN = re.compile(rf"(?<![\da-z])\d(?:{_O}\d){{5,17}}{_O}[\dx](?![\da-z])", re.ASCII)
_TAIL = re.compile(r"(?:转|分机|ext\.?|-)\s?(\d{1,5})$", re.ASCII)
_APART = re.compile(_S)
_NO_DIGIT = re.compile("[^0-9]+")
_PLAIN_MOBILE = re.compile("1[3-9][0-9]{9}")
_WHOLE = re.compile(r"(?:00)?(?:86)?(?:0?1[3-9]\d{9}|0[1-9]\d{8,10}|[1-9]\d{9,10})", re.ASCII)


def _tight(number: str) -> str:
    return _APART.sub("", number).upper()


def found(text: str, known: Mapping[str, Kind] | None = None) -> list[Found]:
    """The personal values in `text`, in its order, without overlap.

    A value that is found in one place, or is in `known` (by normal form), is personal wherever it stands, also where a
    word says otherwise.
    """
    return _Search(text, known or {}).found()


def normal_form(kind: str, value: str) -> str:
    """What a tool gets: ``13800138000``, ``+14155552671``, ``01012345678-801``, an id's ``X``, lower-case mail."""
    plain = aligned(value)
    if kind == "email":
        return re.sub(rf"[\s{_IN}]", "", plain).replace("。", ".")
    return _phone(plain.translate(_SPOKEN)) if kind == "phone" else re.sub(r"[^0-9x]", "", plain).upper()


def aligned(text: str) -> str:
    """`fold`, but a character for a character, so that spans in it are the text's."""
    return text.lower() if text.isascii() else text.translate(_ALIGNED)


class _Aligned:
    def __getitem__(self, code: int) -> str:
        return _folded(code)


_ALIGNED = _Aligned()


@lru_cache(maxsize=8192)
def _folded(code: int) -> str:
    char = chr(code)
    if char.isdecimal():
        return str(int(char))
    folded = fold(char)
    return folded if len(folded) == 1 and not char.isdigit() else char  # ① opens a list, it is no digit of ①138…


class _Search:
    """The rules on one text. What one has found is blanked, so that no later one reads it again."""

    def __init__(self, text: str, known: Mapping[str, Kind]) -> None:
        self.text = text
        self.rest = aligned(text)
        self.known = dict(known)
        self.taken: list[Found] = []
        self.labels: dict[int, str] = {}

    def found(self) -> list[Found]:
        if "@" in self.rest:
            self._take("email", self._mails())
        if re.search("[0-9]", self.rest):
            self.labels = {m.end(): str(m.lastgroup) for m in _LABEL.finditer(self.rest)}
            self._numbers()
        if _SPOKEN_RUN.search(self.rest):
            spoken = self.rest.translate(_SPOKEN)
            self._take("phone", (m.span() for m in _MOBILE.finditer(spoken) if m[0] != self.rest[m.start() : m.end()]))
        return sorted(self.taken)

    def _numbers(self) -> None:
        self._take("id", (m.span() for m in _ID.finditer(self.rest) if _is_resident(m[0])))
        self.rest = _URL.sub(_without_digits, self.rest)
        self._take("card", self._cards())
        self._take("id", self._named("id", _NAMED_ID))
        self._take("id", (m.span() for m in _OLD_ID.finditer(self.rest) if m.start() not in self.labels))
        if re.search("[+(]|[0-9][-.]", self.rest):
            self._take("phone", (m.span() for m in _ABROAD.finditer(self.rest) if 8 <= len(_digits(m[0])) <= 15))
        if "1" in self.rest:
            self._take("phone", (m.span() for m in _MOBILE.finditer(self.rest) if not self._is_code(m)))
        if "0" in self.rest:
            self._take("phone", (m.span() for m in _LANDLINE.finditer(self.rest) if not self._is_paper(m)))
        self._take("phone", self._named("phone", _NAMED_PHONE))
        self.rest = self.rest.translate(_UNPARKED)
        again = [(*m.span(), self.known.get(_tight(m[0]))) for m in _RUN.finditer(self.rest)] if self.known else []
        for kind in {kind for *_, kind in again if kind}:
            self._take(kind, ((start, stop) for start, stop, its in again if its == kind))

    def _take(self, kind: Kind, spans: Iterable[tuple[int, int]]) -> None:
        parts, end = [], 0
        for start, stop in list(spans):
            normal = normal_form(kind, self.text[start:stop])
            self.taken.append(Found(start, stop, kind, normal))
            self.known[normal] = kind
            parts += [self.rest[end:start], _TAKEN * (stop - start)]
            end = stop
        if parts:
            self.rest = "".join(parts) + self.rest[end:]

    def _mails(self) -> Iterable[tuple[int, int]]:
        for match in _EMAIL.finditer(self.rest):
            name = match[0].lstrip(".%+-")  # 邮箱-a@qq.com: the pattern begins where the run does, to stay linear
            if not name.startswith((" ", "@")):
                yield match.end() - len(name), match.end()

    def _cards(self) -> Iterable[tuple[int, int]]:
        at = last = 0  # `last` ends the shop's number before this one
        while match := _CARD.search(self.rest, at):
            start, stop = match.span()
            label = self.labels.get(start)
            ends = (stop, match.start("last")) if match["last"] else (stop,)  # 6222 0212 3456 7890 2件
            whole = next((e for e in ends if _is_card(self.rest[start:e])), None)
            shop = label in ("paper", "parcel") or (
                label is None and last and _LISTED.fullmatch(self.rest, last, start)
            )
            shop = shop or (whole and _ORDER_AFTER.match(self.rest, whole))
            at = whole or (stop if label == "card" else start + 1)  # the next group of a long row may begin one
            if label == "card" or (whole and not shop):
                yield start, at
            elif shop:
                at = last = stop

    def _named(self, label: Kind, pattern: re.Pattern[str]) -> Iterable[tuple[int, int]]:
        for start, name in self.labels.items():
            if name == label and (match := pattern.match(self.rest, start)):
                digits = _digits(match[0])
                if label == "id" or (7 <= len(digits) <= 12 and not _NO_PHONE.match(digits)):
                    yield match.span()

    def _is_code(self, match: re.Match[str]) -> bool:
        """Whether what looks like a mobile is a shop's number: named so, or with its letters (VF13800138000)."""
        start, stop = match.span()
        if self.labels.get(start) == "paper" or _HEX.fullmatch(self.rest[max(0, start - 1) : stop + 1]):
            return True
        return bool(_CODE_BEFORE.search(self.text, max(0, start - 8), start))

    def _is_paper(self, match: re.Match[str]) -> bool:
        label = self.labels.get(match.start())
        return label == "paper" or (label == "parcel" and match[0].isdigit())


def _without_digits(url: re.Match[str]) -> str:
    """Ids of pages look like anything; only a parameter that says phone is read."""
    return url[0] if _NAMED_IN_URL.search(url[0]) else url[0].translate(_PARKED)


def _phone(plain: str) -> str:
    if _PLAIN_MOBILE.fullmatch(plain):
        return plain
    extension = ""
    tail = _TAIL.search(plain)
    if tail and _WHOLE.fullmatch(_digits(plain[: tail.start()])):  # 138-0013-8000 has no extension
        plain, extension = plain[: tail.start()], "-" + tail[1]
    digits = _digits(plain).removeprefix("00")
    abroad = "+" in plain
    if digits.startswith("86") and (abroad or len(digits) == 13):
        digits, abroad = digits[2:].removeprefix("0"), False
        digits = digits if re.match("1[3-9]", digits) else "0" + digits
    elif re.fullmatch(r"01[3-9]\d{9}", digits):
        digits = digits[1:]
    return ("+" if abroad else "") + digits + extension


def _digits(text: str) -> str:
    return text if text.isdecimal() else _NO_DIGIT.sub("", text)


def _is_resident(number: str) -> bool:
    """GB 11643: a day of birth, and ISO 7064 MOD 11-2 over all 18 characters."""
    plain = re.sub("[^0-9x]", "", number)
    if sum(w * _ID_VALUES[c] for w, c in zip(_ID_WEIGHTS, plain, strict=True)) % 11 != 1:
        return False
    try:
        date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))
    except ValueError:
        return False
    return True


def _is_card(number: str) -> bool:
    """ISO/IEC 7812: an issuer's prefix of that length, and Luhn's digit."""
    plain = _digits(number)
    if (issued := _ISSUERS.get(len(plain))) is None or not issued.match(plain):
        return False
    if number == plain and (_is_dated(plain) or (len(plain) == 13 and _is_article(plain))):
        return False
    doubled = "".join(_DOUBLED[int(c)] for c in plain[-2::-2])
    return sum(map(int, doubled + plain[-1::-2])) % 10 == 0


def _is_dated(plain: str) -> bool:
    """Whether an order's day opens the number: 241201…, which Mastercard's 2-series would allow."""
    return re.match(rf"2[2-7]{_MONTH_DAY}", plain) is not None


def _is_article(plain: str) -> bool:
    """EAN-13."""
    return sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(plain)) % 10 == 0
