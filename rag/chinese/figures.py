"""Finds figures, dates, years and ordinals in text and brings them to one form, so that 二〇二二年 and 2022年 are the same year."""

import re
from dataclasses import dataclass
from decimal import Decimal

from rag.chinese.scripts import fold

_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}

_SCALES = _SMALL | _LARGE

_HAN_NUMBER = "[〇零一二两三四五六七八九十百千万亿]+"
_UNIT = "|".join(
    (
        "个百分点 百分点 平方公里 平方千米 平方米 立方米 公里 千米 厘米 毫米 千瓦时 千瓦 公顷 公斤 千克 英里 摄氏度 "
        "人民币 美元 欧元 港元 日元 英镑 卢布 韩元 新台币 小时 分钟 世纪 年代 人次 "
        "元 块 人 家 辆 个 倍 吨 名 位 项 次 届 席 篇 座 亩 条 台 架 艘 枚 张 套 件 所 间 户 层 种 类 部 集 首 本 册 卷 章 款 "
        "米 度 岁 天 日 周 月 年 秒 号 成 折 % ‰ ℃ 克 升 瓦 票 场 局 轮 支 只 头 株 棵 字 页 级 期 步 门 国 省 市 县 镇 村"
    ).split()
)
_FIGURE = re.compile(
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?)\s*"
    rf"(?P<scale>(?:[十百万亿]|千(?![米克瓦]))*)(?P<more>[多余几])?(?P<scale2>[万亿]*)(?P<unit>{_UNIT})?"
)
_HAN_FIGURE = re.compile(rf"(?P<number>(?![万亿]+[^一二两三四五六七八九十百千]){_HAN_NUMBER})(?P<more>[多余几])?(?P<unit>{_UNIT})")
_PERCENTAGE = re.compile(
    r"(?P<base>[百千])分之(?P<number>\d+(?:\.\d+)?|[〇零一二两三四五六七八九十百]+(?:点(?P<decimals>[〇零一二三四五六七八九]+))?)"
)
_SAME_UNIT = {"千米": "公里", "平方千米": "平方公里", "千克": "公斤", "个百分点": "百分点", "人民币": "元", "块": "元"}
_YEAR = re.compile(r"(?<![\d.])((?:1[0-9]|20)\d\d)\s*(?:年|[-/.]\d{1,2}[-/.]\d{1,2})")
_HAN_YEAR = re.compile(r"([一二][〇零一二三四五六七八九]{3})年")
_NUMBERED_THING = "号(?:线|楼|桥|馆|井|院|店|厅|车间|机组|公路|航站楼|墓|坑|窑|洞|矿|高?炉|仓|码头|泊位|展厅|教室|厂房)"
_ORDINAL = re.compile(rf"第\s*(\d{{1,9}}|[一二三四五六七八九十百零两]+)\s*(?!{_NUMBERED_THING})([届次期条章款批季集回轮号])")
_COUNTED = "〇零一二两三四五六七八九十百"
_NUMBERED = re.compile(rf"(?<![\d.{_COUNTED}])(?:第\s*)?(\d{{1,4}}|[{_COUNTED}]{{1,6}})\s*({_NUMBERED_THING})")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it stands in a text: `text[start:end]`, its value, and its unit ("" where it has none; 亿 and 万 are no units)."""

    start: int
    end: int
    value: Decimal
    unit: str

    @property
    def number(self) -> str:
        """The value written out in figures: 2634亿 → "263400000000", 21.50 → "21.5"."""
        plain = format(self.value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain

    @property
    def normal(self) -> str:
        """The one form of a figure however it is written, with its unit: 二〇二二年 → "2022年", 百分之八点五 → "8.5%"."""
        return self.number + self.normal_unit

    @property
    def normal_unit(self) -> str:
        """The one name of its unit: 块 and 人民币 → 元."""
        return _SAME_UNIT.get(self.unit, self.unit)


def figures(text: str) -> list[Figure]:
    """The figures of a text with their units, in order: "2022年产值2634亿元" has 2022年 and 2634亿元, "占百分之八点五" has 8.5 %."""
    folded = fold(text)
    found = [_percentage(match) for match in _PERCENTAGE.finditer(folded)]
    taken = {position for figure in found for position in range(figure.start, figure.end)}
    for match in _FIGURE.finditer(folded):
        if match.start() not in taken:
            value = Decimal(match["number"].replace(",", ""))
            for scale in match["scale"] + match["scale2"]:
                value *= _SCALES[scale]
            found.append(Figure(match.start(), match.end(), value, match["unit"] or ""))
            taken.update(range(match.start(), match.end()))
    for match in _HAN_FIGURE.finditer(folded):
        number = whole_number(match["number"])
        if match.start() not in taken and number is not None:
            found.append(Figure(match.start(), match.end(), Decimal(number), match["unit"]))
    return sorted(found, key=lambda figure: figure.start)


def _percentage(match: re.Match[str]) -> Figure:
    whole = match["number"].partition("点")[0]
    decimals = "".join(str(_DIGITS[c]) for c in match["decimals"] or "")
    value = Decimal(whole) if whole[0].isdecimal() else Decimal(f"{whole_number(whole)}.{decimals or 0}")
    return Figure(match.start(), match.end(), value, "%" if match["base"] == "百" else "‰")


def years(text: str) -> set[int]:
    """The years that a text names, in figures or in characters: "2022年至二〇二三年" → {2022, 2023}."""
    folded = fold(text)
    found = {int(m[1]) for m in _YEAR.finditer(folded)}
    return found | {int("".join(str(_DIGITS[c]) for c in m[1])) for m in _HAN_YEAR.finditer(folded)}


def year_spans(text: str) -> list[tuple[int, int]]:
    """The ranges of the years that a text names, in order: "2021年和二〇二二年" → [(0, 5), (6, 11)]; that of 2023-06-12 is 2023's alone."""
    folded = fold(text)
    spans = [(m.start(1), m.end(1) + (folded[m.end(1) : m.end(1) + 1] == "年")) for m in _YEAR.finditer(folded)]
    return sorted(spans + [m.span() for m in _HAN_YEAR.finditer(folded)])


def ordinals(text: str) -> dict[tuple[int, str], str]:
    """The ordinals of a text: number and what is counted, with how it is written there: "第十二届" → {(12, "届"): "第十二届"}."""
    found = ((whole_number(m[1]), m[2], text[m.start() : m.end()]) for m in _ORDINAL.finditer(fold(text)))
    return {(number, noun): written for number, noun, written in found if number is not None}


def numbered(text: str) -> dict[tuple[int, str], str]:
    """The things of a text that bear a number for a name: "三号线" → {(3, "号线"): "三号线"}, as 3号线 and 第三号线 are."""
    found = ((whole_number(m[1]), m[2], text[m.start() : m.end()]) for m in _NUMBERED.finditer(fold(text)))
    return {(number, noun): written for number, noun, written in found if number is not None}


def plans(text: str) -> set[str]:
    """The five-year plans that a text names: "“十四五”期间" → {"十四五"}."""
    return set(
        re.findall(r"(?:十[一二三四五六]|(?<![一二三四五六七八九十])[七八九十])五(?=[”\"」’]|期间|规划|时期|末|以来|开局)", fold(text))
    )


def whole_number(text: str) -> int | None:
    """The value of a whole number in figures or in characters, None where it is none: "一百二十" → 120, "12" → 12."""
    if text.isdecimal():
        return int(text)
    if not text or any(c not in _DIGITS and c not in _SMALL and c not in _LARGE for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _SMALL:
            section += (digit or 1) * _SMALL[c]
            digit = 0
        else:
            total = (total + section + digit) * _LARGE[c] if _LARGE[c] > 10**4 else total + (section + digit) * _LARGE[c]
            section = digit = 0
    return total + section + digit
