"""Makes one statement of several answers, by code and with its arithmetic shown: which is more, how much together, how much apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from rag.answers.joint import Joint, Operation
from rag.chinese import figures
from rag.chinese.dates import moments
from rag.chinese.quantities import Bound, quantities
from rag.chinese.scripts import fold

_SCALES = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_DECIMALS = 4
"""A value is written in 亿 or 万 where so many decimals give it exactly."""

_ROUNDED = Decimal("0.01")
"""What a quotient is rounded to."""

_PERCENT = "%"


@dataclass(frozen=True, slots=True)
class Together:
    """What several answers make together: a statement and its short answer; or `reason`, in Chinese, why they make nothing."""

    text: str = ""
    short: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Amount:
    """A figure as `printed`, its value, and its unit; `exact` where nothing is said to be about or more than it."""

    printed: str
    value: Decimal
    unit: str
    exact: bool


def together(joint: Joint, shorts: Sequence[str]) -> Together:
    """What the short answers to `joint.questions` make; nothing, without a reason, where nothing was to be made of them.

    "52.3亿元" and "40亿元" differ by "相差12.3亿元：52.3亿元－40亿元＝12.3亿元。"
    """
    if joint.operation is Operation.EACH:
        return Together()
    if joint.operation in (Operation.FIRST, Operation.LAST):
        return _in_time(joint, shorts)
    amounts = [_amount(short) for short in shorts]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return Together(reason="有的部分没有给出确切的数，无法合在一起计算。")
    like = _alike(known)
    if like is None:
        units = "、".join(dict.fromkeys(amount.unit or "无单位" for amount in known))
        return Together(reason=f"几处的单位不同（{units}），无法合在一起计算。")
    return _MADE[joint.operation](joint, like)


def _amount(short: str) -> _Amount | None:
    """The one figure of a short answer; None where there is none, or several."""
    folded = fold(short)
    found = figures.figures(folded)
    if len(found) != 1 or not found[0].unit:
        return None
    (figure,) = found
    bounds = {quantity.bound for quantity in quantities(folded)}
    return _Amount(short[figure.start : figure.end], figure.value, figure.unit, bounds <= {Bound.EXACT})


def _alike(amounts: Sequence[_Amount]) -> list[_Amount] | None:
    """The amounts in one unit; None where they count different things."""
    if len({amount.unit for amount in amounts}) == 1:
        return list(amounts)
    converted = [quantities(fold(amount.printed)) for amount in amounts]
    if any(len(found) != 1 for found in converted) or len({found[0].unit for found in converted}) != 1:
        return None
    return [_Amount(a.printed, found[0].value, found[0].unit, a.exact) for a, found in zip(amounts, converted, strict=True)]


def written(value: Decimal, unit: str) -> str:
    """A value with its unit as one writes it, exactly: 1230000000 元 → "12.3亿元"."""
    for scale, name in _SCALES:
        if abs(value) >= scale and round(value / scale, _DECIMALS) * scale == value:
            return f"{_plain(value / scale)}{name}{unit}"
    return f"{_plain(value)}{unit}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _about(amounts: Sequence[_Amount]) -> str:
    """约 before what is made of figures of which one is not exact."""
    return "" if all(amount.exact for amount in amounts) else "约"


def _in_time(joint: Joint, shorts: Sequence[str]) -> Together:
    found = [moments(fold(short)) for short in shorts]
    dates = [(days[0].year, days[0].month, days[0].day) for days in found if len(days) == 1 and days[0].year is not None]
    # A year alone is neither before nor behind a day in it.
    fine = min((sum(part is not None for part in date) for date in dates), default=0)
    known = [tuple(part for part in date[:fine] if part is not None) for date in dates]
    if len(known) < len(shorts) or any(len(date) < fine for date in known):
        return Together(reason="有的部分没有给出年份，无法比较先后。")
    first = joint.operation is Operation.FIRST
    order = sorted(range(len(known)), key=lambda place: known[place], reverse=not first)
    if known[order[0]] == known[order[1]]:
        return Together(reason="先后无法分辨：时间相同，或者说得不够细。")
    best = joint.things[order[0]]
    sequence = ("早于" if first else "晚于").join(shorts[place] for place in order)
    return Together(f"{best}{'最' if len(order) > 2 else '更'}{joint.adjective}：{sequence}。", best)


def _choice(joint: Joint, amounts: Sequence[_Amount]) -> Together:
    most = joint.operation is Operation.MOST
    order = sorted(range(len(amounts)), key=lambda place: amounts[place].value, reverse=most)
    if amounts[order[0]].value == amounts[order[-1]].value:
        return Together(f"{'、'.join(joint.things)}相同，都是{amounts[0].printed}。", "相同")
    best = [joint.things[place] for place in order if amounts[place].value == amounts[order[0]].value]
    sign = "＞" if most else "＜"
    text = amounts[order[0]].printed
    for before, after in pairwise(order):
        text += ("＝" if amounts[before].value == amounts[after].value else sign) + amounts[after].printed
    return Together(f"{'、'.join(best)}{'最' if len(order) > 2 else '更'}{joint.adjective}：{text}。", "、".join(best))


def _difference(_: Joint, amounts: Sequence[_Amount]) -> Together:
    more, less = sorted(amounts, key=lambda amount: -amount.value)[:2]
    apart = written(more.value - less.value, _unit_apart(more.unit))
    short = f"{_about(amounts)}{apart}"
    return Together(f"相差{short}：{more.printed}－{less.printed}＝{apart}。", short)


def _unit_apart(unit: str) -> str:
    return "个百分点" if unit == _PERCENT else unit


def _growth(joint: Joint, amounts: Sequence[_Amount]) -> Together:
    years = [min(figures.years(thing), default=0) for thing in joint.things]
    (_, old), (_, new) = sorted(zip(years, amounts, strict=True), key=lambda pair: pair[0])[:: len(amounts) - 1]
    way = "增加" if new.value >= old.value else "减少"
    more, less = (new, old) if new.value >= old.value else (old, new)
    apart = written(more.value - less.value, _unit_apart(more.unit))
    short = f"{_about(amounts)}{apart}"
    text = f"{way}{short}：{more.printed}－{less.printed}＝{apart}"
    if old.unit != _PERCENT and old.value > 0:
        text += f"；{apart}÷{old.printed}{_share((more.value - less.value) / old.value * 100)}"
    return Together(f"{text}。", short)


def _share(value: Decimal) -> str:
    rounded = value.quantize(_ROUNDED)
    return f"{'＝' if rounded == value else '≈'}{_plain(rounded)}%"


def _sum(_: Joint, amounts: Sequence[_Amount]) -> Together:
    unit = amounts[0].unit
    if unit == _PERCENT:
        return Together(reason="百分比不能直接相加。")
    total = written(sum((amount.value for amount in amounts), Decimal(0)), unit)
    short = f"{_about(amounts)}{total}"
    return Together(f"合计{short}：{'＋'.join(amount.printed for amount in amounts)}＝{total}。", short)


def _average(_: Joint, amounts: Sequence[_Amount]) -> Together:
    unit = amounts[0].unit
    if unit == _PERCENT:
        return Together(reason="百分比不能直接求平均。")
    mean = sum((amount.value for amount in amounts), Decimal(0)) / len(amounts)
    scale = next((scale for scale, _ in _SCALES if abs(mean) >= scale), Decimal(1))
    rounded = (mean / scale).quantize(_ROUNDED) * scale
    sign, value = ("＝", mean) if written(mean, unit) == written(rounded, unit) else ("≈", rounded)
    about = "约" if sign == "≈" else _about(amounts)
    shown = written(value, unit)
    return Together(
        f"平均{about}{shown}：（{'＋'.join(amount.printed for amount in amounts)}）÷{len(amounts)}{sign}{shown}。", f"{about}{shown}"
    )


_MADE: dict[Operation, Callable[[Joint, Sequence[_Amount]], Together]] = {
    Operation.MOST: _choice,
    Operation.LEAST: _choice,
    Operation.DIFFERENCE: _difference,
    Operation.GROWTH: _growth,
    Operation.SUM: _sum,
    Operation.AVERAGE: _average,
}
