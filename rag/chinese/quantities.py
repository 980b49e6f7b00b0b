"""Figures with the words that bound them (约, 近, 超过, 不足, 以上, 多), and whether one figure carries another that is said of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from rag.chinese.dates import moments
from rag.chinese.figures import Figure, figures, numbered, whole_number
from rag.chinese.scripts import fold


class Bound(StrEnum):
    """What is said of a value: that it is just that, about that, nearly that, more, a little more, or less."""

    EXACT = "exact"
    ABOUT = "about"
    NEARLY = "nearly"
    OVER = "over"
    AT_LEAST = "at least"
    SOME_MORE = "some more"
    UNDER = "under"
    AT_MOST = "at most"
    EXTREME = "the most or the least"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure as it stands in a text, `text[start:end]` with its bounding words; `value` in `unit`, brought to the unit of its kind.

    `step` is the worth of the last figure that is not nought: 100 in 2600, 0.1 in 27.6.
    """

    start: int
    end: int
    value: Decimal
    unit: str
    bound: Bound
    step: Decimal


_NOT = "(?:没有?|未曾?|不曾?|从未|并未|不会|不得)"
_BEFORE = [
    (Bound.AT_MOST, re.compile(f"(?:{_NOT}(?:超过|高于|多于|大于|超出|突破)|至多|最多(?:可|能)?(?:借|贷|达|为)?|不超)(?:了)?$")),
    (Bound.AT_LEAST, re.compile(f"(?:{_NOT}(?:低于|少于|小于|短于)|至少(?:[间相]隔|为|有|要|达)?|不下)$")),
    (
        Bound.EXTREME,
        re.compile("最[长高多大迟晚低少短早小](?:可|能|为|可贷|可借|可达|达|是|罚款|限价|限额|期限)?(?:为|是)?(?:每[年月日次])?$"),
    ),
    (Bound.OVER, re.compile("(?:超过|超出|突破|超|逾|多于|高于|大于|迈过|跨过|越过)了?$")),
    (Bound.UNDER, re.compile("(?:不足|不到|未达到?|低于|少于|小于)$")),
    (Bound.NEARLY, re.compile("(?:接近|将近|(?<![附最远靠临])近)$")),
    (Bound.ABOUT, re.compile("(?:大约|大概|约为|约占|约合|(?<![节条合契预])约)(?:有|是|为)?$")),
]
_AFTER = [
    (Bound.AT_LEAST, re.compile("(?:及|或)?以上|及以上")),
    (Bound.AT_MOST, re.compile("(?:及|或)?以[下内]|之内")),
    (Bound.ABOUT, re.compile("左右|上下|前后")),
    (Bound.SOME_MORE, re.compile("多(?![个家条人次])|有余|余(?![额下])|出头|挂零")),
]
_MORE_UNITS = re.compile(
    "斤|份|点|分(?!之)|剂|趟|尾|头|袋|箱|瓶|桶|颗|粒|道|盏|对|双|幅|桌|间|笔|期|班|盘|节|课时|学分|海里|丈|尺|寸|里(?!程)|毫升|毫克"
)
_CONVERTED = {
    "成": (Decimal(10), "%"),
    "公里": (Decimal(1000), "米"),
    "厘米": (Decimal("0.01"), "米"),
    "毫米": (Decimal("0.001"), "米"),
    "吨": (Decimal(1000), "公斤"),
    "斤": (Decimal("0.5"), "公斤"),
    "克": (Decimal("0.001"), "公斤"),
    "小时": (Decimal(60), "分钟"),
    "公顷": (Decimal(15), "亩"),
    "平方公里": (Decimal(1_000_000), "平方米"),
    "摄氏度": (Decimal(1), "℃"),
    "日": (Decimal(1), "天"),
    "周": (Decimal(7), "天"),
    "点": (Decimal(1), "时"),
}
_NUMBER = r"\d{1,2}|[零一二两三四五六七八九十]{1,3}"
_CLOCK = re.compile(
    rf"(?<![\d.:零一二两三四五六七八九十])(?:(?P<hour>{_NUMBER})[点时](?:(?P<minute>{_NUMBER})分(?!之)|(?P<half>半)|(?P<quarter>[一三])刻)"
    r"|(?P<hour2>[01]?\d|2[0-4]):(?P<minute2>[0-5]\d)(?![\d:]))"
)
"""A time of the day with its minutes: 8时05分, 七点半, 19:30."""

_HALF_A_DAY = 12
_HEADS = frozenset("人 名 位".split())
_THINGS = frozenset("家 辆 台 座 条 项 份 套 件 所 间 架 艘 枚 张 篇 本 册 部 幅 处 只 头 株 棵 种 类 款 支 笔 道 门 粒 颗 剂 盏".split())
_ANY_THING = "个"
_IN_NAME = re.compile("[a-z][-_./]?$")
_SPAN = re.compile(r"\s*(?:至|到|—+|-|~|–|－|～)\s*")
_NUMBERED = re.compile("第$")
_STAGES = frozenset("期届号级")
"""What is counted so is named by its number, and no amount: 三期, 十万吨级."""
_ARTICLE = re.compile("一[个种位名家条件项次座份张部本所台辆套间些户]|一[天年月日]|两者|一块")
_ROUNDING = Decimal("0.06")
"""What is said to be about a value is off by at most such a share of it, and by half of its last figure."""

_NEARLY, _MUCH_MORE, _MUCH_LESS = Decimal("0.9"), Decimal("1.6"), Decimal("0.75")
"""近 is from such a share of the value on; 超过 is said of no more than so many times it, 不足 of no less than such a share."""


def quantities(text: str) -> list[Quantity]:
    """The quantities of a text in order: "超过2634亿元", "三成以上", "3至5年" (at least 3, at most 5).

    Dates, ordinals and articles (一个) are none.
    """
    return list(_quantities(text))


@lru_cache(maxsize=4096)
def _quantities(text: str) -> tuple[Quantity, ...]:
    """Kept, as a statement is laid beside the same clauses again and again."""
    folded = fold(text)
    taken = {place for moment in moments(folded) for place in range(moment.start, moment.end)}
    for written in numbered(folded).values():
        taken.update(place for match in re.finditer(re.escape(written), folded) for place in range(*match.span()))
    clock = list(_times(folded))
    taken.update(place for time in clock for place in range(time.start, time.end))
    found = [_with_unit(folded, figure) for figure in figures(folded) if figure.start not in taken and figure.unit not in _STAGES]
    counted = _bounded(folded, [figure for figure in found if not _is_none(folded, figure)])
    return tuple(sorted((*counted, *clock), key=lambda quantity: quantity.start))


def _times(folded: str) -> Iterator[Quantity]:
    """The times of the day in hours; those of the afternoon as on a dial: 19:30 is 晚上7点半."""
    for match in _CLOCK.finditer(folded):
        hour = whole_number(match["hour"] or match["hour2"]) or 0
        minutes = 30 if match["half"] else 15 * (whole_number(match["quarter"]) or 0) if match["quarter"] else None
        if minutes is None:
            minutes = whole_number(match["minute"] or match["minute2"]) or 0
        value = Decimal(hour % _HALF_A_DAY) + Decimal(minutes) / 60
        yield Quantity(match.start(), match.end(), value, "时", Bound.EXACT, Decimal("0.5"))


def units_agree(one: str, other: str) -> bool:
    """Whether two units count the same: 家 and 个 do, 元 and 美元, 人 and 人次 do not; "" leaves it open."""
    if one == other or not one or not other:
        return True
    if {one, other} <= _HEADS | {_ANY_THING}:
        return True
    return {one, other} <= _THINGS | {_ANY_THING}


def carries(evidence: Quantity, said: Quantity) -> bool:
    """Whether what stands there, `evidence`, makes true what is `said`: 2634 carries 约2600 and 超过2600, not 2600; 约400 carries 400."""
    if not units_agree(evidence.unit, said.unit):
        return False
    low, high = _range(evidence)
    value, same = said.value, said.value == evidence.value
    about = evidence.bound in (Bound.EXACT, Bound.ABOUT)
    if same and Bound.EXTREME in (evidence.bound, said.bound):
        return {evidence.bound, said.bound} <= {Bound.EXTREME, Bound.EXACT, Bound.AT_LEAST, Bound.AT_MOST}
    match said.bound:
        case Bound.EXACT | Bound.EXTREME:
            return same and about
        case Bound.ABOUT:
            room = min(said.step / 2, value * _ROUNDING)
            vague = same and evidence.bound in (Bound.NEARLY, Bound.SOME_MORE)
            return vague or (about and abs(evidence.value - value) <= room)
        case Bound.NEARLY:
            return (same and evidence.bound is Bound.NEARLY) or (about and value * _NEARLY <= evidence.value < value)
        case Bound.OVER | Bound.AT_LEAST:
            above = low > value or (low == value and (said.bound is Bound.AT_LEAST or evidence.bound in (Bound.OVER, Bound.SOME_MORE)))
            if evidence.bound in (Bound.OVER, Bound.AT_LEAST):
                above = above and same
            # Documents say 95%以上 of what they call 超过95% elsewhere.
            return (above and low <= value * _MUCH_MORE) or (same and evidence.bound is Bound.AT_LEAST)
        case Bound.SOME_MORE:
            if same and evidence.bound in (Bound.OVER, Bound.SOME_MORE):
                return True
            return about and value < evidence.value < value + said.step
        case Bound.UNDER | Bound.AT_MOST:
            below = high < value or (high == value and (said.bound is Bound.AT_MOST or evidence.bound in (Bound.UNDER, Bound.NEARLY)))
            if evidence.bound in (Bound.UNDER, Bound.AT_MOST):
                below = below and same
            return (below and high >= value * _MUCH_LESS) or (same and evidence.bound is Bound.AT_MOST)


def _range(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """The lowest and the highest that a quantity may be."""
    value = quantity.value
    match quantity.bound:
        case Bound.NEARLY:
            return value * _NEARLY, value
        case Bound.OVER | Bound.AT_LEAST:
            return value, Decimal("Infinity")
        case Bound.SOME_MORE:
            return value, value + quantity.step
        case Bound.UNDER | Bound.AT_MOST:
            return Decimal(0), value
        case _:
            return value, value


def _is_none(folded: str, figure: Figure) -> bool:
    """Whether it is an ordinal (第九条), an article (一个), or part of a name in Latin letters (Model3)."""
    text = folded[figure.start : figure.end]
    before = folded[: figure.start]
    return bool(_NUMBERED.search(before) or _IN_NAME.search(before) or _ARTICLE.fullmatch(text))


def _with_unit(folded: str, figure: Figure) -> Figure:
    """The figure with a unit that few figures have, where it stands behind it."""
    more = None if figure.unit else _MORE_UNITS.match(folded, figure.end)
    return replace(figure, end=more.end(), unit=more[0]) if more else figure


def _bounded(folded: str, found: list[Figure]) -> Iterator[Quantity]:
    for place, figure in enumerate(found):
        start, end, bound = figure.start, figure.end, Bound.EXACT
        value, unit = figure.value, figure.normal_unit
        step = _step(figure)
        following = found[place + 1] if place + 1 < len(found) else None
        if place and _SPAN.fullmatch(folded, found[place - 1].end, figure.start):
            bound = Bound.AT_MOST
        if following is not None and _SPAN.fullmatch(folded, figure.end, following.start):
            bound = Bound.AT_LEAST
            if not unit:  # "3至5万元" is from 3万元 on
                unit = following.normal_unit
                scale = following.value / _written(folded, following)
                value, step = value * scale, step * scale
        if re.search("[多余几]", folded[figure.start : figure.end]):
            bound = Bound.SOME_MORE
        for kind, pattern in _AFTER:
            if bound is Bound.EXACT and (after := pattern.match(folded, figure.end)):
                bound, end = kind, after.end()
        for kind, pattern in _BEFORE:
            if bound in (Bound.EXACT, Bound.SOME_MORE) and (before := pattern.search(folded[: figure.start])):
                bound, start = kind, before.start()
        factor, name = _CONVERTED.get(unit, (Decimal(1), unit))
        value *= factor
        yield Quantity(start, end, value % _HALF_A_DAY if name == "时" else value, name, bound, step * factor)


def _written(folded: str, figure: Figure) -> Decimal:
    """The number in figures that a figure begins with: 5 in 5万元; its value where it begins with none."""
    digits = re.match(r"\d+(?:\.\d+)?", folded[figure.start : figure.end])
    return Decimal(digits[0]) if digits and Decimal(digits[0]) else figure.value or Decimal(1)


def _step(figure: Figure) -> Decimal:
    digits = figure.value.normalize()
    exponent = digits.as_tuple().exponent
    return Decimal(10) ** int(exponent) if isinstance(exponent, int) else Decimal(1)
