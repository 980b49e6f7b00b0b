"""Finds days in text, however they are written, and gives them in ISO 8601; and what stands there of a year, a month and a day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.chinese.figures import whole_number
from rag.chinese.scripts import fold

_ZEROS = "〇零○o0"
_DAY = re.compile(
    rf"(?<![\d.])(?<!公元前)(?P<era>(?:中华)?民国)?(?P<year>[12]\d{{3}}|[一二][{_ZEROS}一二三四五六七八九]{{3}}"
    rf"|(?<=民国)(?:\d{{1,3}}|[一二三四五六七八九十百零]{{1,5}}))\s*"
    r"(?:年\s*(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月\s*(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})\s*[日号]"
    r"|(?P<separator>[-/.])\s?(?P<month2>\d{1,2})(?P=separator)\s?(?P<day2>\d{1,2})(?!\d|%|\.\d))"
)
_REPUBLIC = 1911
"""Years between the era of the Republic and the common one."""
_COMPACT = re.compile(r"(?<!\d)([12]\d{3})([01]\d)([0-3]\d)(?!\d)")
_LABEL = "(?:发布(?:时间|日期|于)?|刊发|印发(?:日期)?|成文日期|发文日期|更新(?:时间)?|日期|时间|date)"
_ISSUER = r"[^\s:,。]{0,30}(?:政府|委员会|办公室|办公厅|[局厅部院会社报网处所厂]|公司|大学|学校|中心|集团|银行|法院)"
_DATELINE = re.compile(
    rf"[(\[【]?\s*(?:{_LABEL}\s*:?|{_ISSUER}|[^\s:,。]{{0,10}}[社报讯])?\s*@(?:\s*,?\s*(?:星期|周|礼拜)[一二三四五六日天])?"
    r"(?:\s*t?\d{1,2}[:时]\d{2}(?:[:分]\d{2}秒?)?)?\s*(?:[)\]】]|[电讯])?"
    rf"(?:\s+{_ISSUER}|\s*(?:来源|作者|编辑|记者|责编|字号|浏览|阅读|点击)\s*:?.{{0,40}})?"
)
_FIRST_YEAR, _LAST_YEAR = 1800, 2100
_HAN = "〇零一二三四五六七八九十"
_MOMENT = re.compile(
    rf"(?<![\d.{_HAN}])(?P<year>[12]\d{{3}}|[一二][{_HAN}]{{3}})\s*年(?!级)"
    rf"(?:\s*(?P<month>\d{{1,2}}|[{_HAN}]{{1,2}})\s*月(?!龄)(?:份)?(?:\s*(?P<day>\d{{1,2}}|[{_HAN}]{{1,3}})\s*[日号])?)?"
    rf"|(?<![\d.个{_HAN}])(?P<month2>\d{{1,2}}|[{_HAN}]{{1,2}})\s*月(?!龄)(?:份)?(?:\s*(?P<day2>\d{{1,2}}|[{_HAN}]{{1,3}})\s*[日号])?"
    rf"|(?<![\d.每过期限足少多{_HAN}])(?<![少多低]于)(?P<day3>\d{{1,2}})\s*日(?![内均之起常元])"
    r"|(?<![\d.])(?P<year4>1[89]\d\d|20\d\d)(?P<separator>[-/.])(?P<month4>\d{1,2})(?P=separator)(?P<day4>\d{1,2})(?!\d|%|\.\d)"
    r"|(?<![\d.])(?P<year7>1[89]\d\d|20\d\d)[-/](?P<month7>0[1-9]|1[0-2])(?![\d%])"
    r"|(?<![\d.])(?P<year5>1[89]\d\d|20\d\d)(?=\s*[—\-~–－～至]+\s*(?:1[89]|20)\d\d(?!\d))"
    r"|(?<=\d[—\-~–－～至])(?P<year6>1[89]\d\d|20\d\d)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it stands in a text: `text[start:end]`, and as ISO 8601."""

    start: int
    end: int
    iso: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or the part of one that stands in a text, `text[start:end]`; None is what it does not say: 8月28日 has no year."""

    start: int
    end: int
    year: int | None
    month: int | None = None
    day: int | None = None

    def within(self, other: "Moment") -> bool:
        """Whether each part that this one says is the other's: 8月28日 is within 2024年8月28日."""
        said = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(mine is None or mine == its for mine, its in said)


def moments(text: str) -> list[Moment]:
    """The dates of a text and the parts of dates, in order: "2022年10月", "8月28日", "二〇二二年", "1898—1976"."""
    return list(_moments(text))


@lru_cache(maxsize=4096)
def _moments(text: str) -> tuple[Moment, ...]:
    found = []
    for match in _MOMENT.finditer(fold(text)):
        said = {name.rstrip("234567"): value for name, value in match.groupdict().items() if value is not None}
        parts = {name: _number(value) for name, value in said.items() if name != "separator"}
        found.append(Moment(match.start(), match.end(), parts.get("year"), parts.get("month"), parts.get("day")))
    return tuple(found)


def days(text: str) -> Iterator[Day]:
    """The days a text names with their year, in order: "2023年6月12日", "二〇二三年六月十二日", "民国112年6月12日", "2023-06-12".

    What is no day of the calendar (2023年2月30日), or not of the last or this or the next century (编号1234/5/6), is passed over.
    """
    for match in _DAY.finditer(fold(text)):
        year = match["year"]
        number = (whole_number(year) or 0) + _REPUBLIC if match["era"] else _number(year)
        month, day = (whole_number(part) for part in (match["month"] or match["month2"], match["day"] or match["day2"]))
        if _FIRST_YEAR <= number <= _LAST_YEAR and (iso := _iso(number, month, day)):
            yield Day(match.start(), match.end(), iso)


def iso_date(text: str) -> str:
    """The first day that a text names, as ISO 8601; "" where it names none: "二〇二三年六月十二日印发" → "2023-06-12"."""
    return next((day.iso for day in days(text)), "")


def compact_date(text: str) -> str:
    """The first day written as eight figures, as in the names of files: "日报20230612" → "2023-06-12"; "" where there is none."""
    return next((iso for m in _COMPACT.finditer(text) if (iso := _iso(int(m[1]), int(m[2]), int(m[3])))), "")


def dateline(text: str) -> str:
    """The day of a line that says when something appeared, and little else: "发布时间：2023年6月12日 来源：本报" → "2023-06-12"."""
    if len(text) > 80 or not (day := next(days(text), None)):
        return ""
    rest = fold(text[: day.start] + "@" + text[day.end :]).strip()
    return day.iso if _DATELINE.fullmatch(rest) else ""


def _number(written: str) -> int:
    """The value of the number of a year, a month or a day: 二〇二二, 二零二二, 十二, 12."""
    if len(written) == 4:
        return int("".join(c if c.isdecimal() else "0" if c in _ZEROS else str(whole_number(c)) for c in written))
    return whole_number(written) or 0


def _iso(year: int, month: int | None, day: int | None) -> str:
    try:
        return date(year, month or 0, day or 0).isoformat()
    except ValueError:
        return ""
