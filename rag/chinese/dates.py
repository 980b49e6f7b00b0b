"""Finds days in text, however they are written, and gives them in ISO 8601."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rag.chinese.figures import whole_number
from rag.chinese.scripts import fold

_ZEROS = "〇零○o0"
_DAY = re.compile(
    rf"(?<![\d.])(?<!公元前)(?P<era>(?:中华)?民国)?(?P<year>[12]\d{{3}}|[一二][{_ZEROS}一二三四五六七八九]{{3}}|(?<=民国)(?:\d{{1,3}}|[一二三四五六七八九十百零]{{1,5}}))\s*"
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


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it stands in a text: `text[start:end]`, and as ISO 8601."""

    start: int
    end: int
    iso: str


def days(text: str) -> Iterator[Day]:
    """The days a text names with their year, in order: "2023年6月12日", "二〇二三年六月十二日", "民国112年6月12日", "2023-06-12".

    What is no day of the calendar (2023年2月30日), or not of the last or this or the next century (编号1234/5/6), is passed over.
    """
    for match in _DAY.finditer(fold(text)):
        year = match["year"]
        if match["era"]:
            number = (whole_number(year) or 0) + _REPUBLIC
        else:
            number = int("".join(c if c.isdecimal() else "0" if c in _ZEROS else str(whole_number(c)) for c in year))
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


def _iso(year: int, month: int | None, day: int | None) -> str:
    try:
        return date(year, month or 0, day or 0).isoformat()
    except ValueError:
        return ""
