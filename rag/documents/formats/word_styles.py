"""What the styles and the numbering of a .docx say of a paragraph: its level as a sub-head, and the number Word draws before it."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from rag.documents.formats.archive import Archive, attribute, local

_HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.IGNORECASE)
_TITLE = frozenset({"title", "标题", "標題"})
_CONTENTS = re.compile(r"(?:toc|目录)\s*(?:\d|heading|标题)?.*", re.IGNORECASE)
_PLACE = re.compile("%([1-9])")
_DIGITS = "〇一二三四五六七八九"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_MOST_BASES = 20


@dataclass(frozen=True, slots=True)
class Format:
    """How a paragraph is set: `level` as a sub-head, 0 for none; `list_id` and `depth` of its numbering, list_id "" for none."""

    level: int = 0
    title: bool = False
    contents: bool = False
    list_id: str = ""
    depth: int = 0


@dataclass(slots=True)
class _Level:
    start: int = 1
    kind: str = "decimal"
    pattern: str = ""


@dataclass(slots=True)
class _List:
    """The levels of a list; lists made from the same `definition` go on counting from each other."""

    definition: str
    levels: dict[int, _Level] = field(default_factory=dict)
    restarts: dict[int, int] = field(default_factory=dict)


def child(element: Element | None, name: str) -> Element | None:
    """The first child of this name; None where there is none."""
    return next((found for found in element if local(found.tag) == name), None) if element is not None else None


def value(element: Element | None, name: str) -> str:
    """The `val` of the child of this name; "" where there is none."""
    found = child(element, name)
    return attribute(found, "val") if found is not None else ""


class Styles:
    """The paragraph styles of a document."""

    def __init__(self, archive: Archive, part: str) -> None:
        self._styles: dict[str, Element] = {}
        self._default = ""
        root = archive.xml(part)
        for style in root if root is not None else ():
            if local(style.tag) == "style" and attribute(style, "type") == "paragraph":
                name = attribute(style, "styleId")
                self._styles[name] = style
                if attribute(style, "default") in ("1", "true"):
                    self._default = name
        self._formats: dict[str, Format] = {}

    def format(self, properties: Element | None) -> Format:
        """How a paragraph with these properties is set."""
        name = value(properties, "pStyle") or self._default
        if name not in self._formats:
            self._formats[name] = self._read(name)
        style = self._formats[name]
        numbering = child(properties, "numPr")
        outline = value(properties, "outlineLvl")
        return Format(
            level=_outline_level(outline) if outline else style.level,
            title=style.title,
            contents=style.contents,
            list_id=(value(numbering, "numId") or style.list_id) if numbering is not None else style.list_id,
            depth=_integer(value(numbering, "ilvl"), style.depth) if numbering is not None else style.depth,
        )

    def _read(self, name: str) -> Format:
        """What a style says, and what it leaves to the styles it is based on."""
        level, title, contents, list_id, depth = -1, False, False, "", 0
        for _ in range(_MOST_BASES):
            style = self._styles.get(name)
            if style is None:
                break
            called = value(style, "name")
            properties = child(style, "pPr")
            if level < 0 and (outline := value(properties, "outlineLvl")):
                level = _outline_level(outline)
            if level < 0 and (match := _HEADING.fullmatch(called)):
                level = int(match[1])
            title = title or called.lower() in _TITLE
            contents = contents or _CONTENTS.fullmatch(called) is not None
            numbering = child(properties, "numPr")
            if not list_id and numbering is not None:
                list_id = value(numbering, "numId")
                depth = _integer(value(numbering, "ilvl"), 0)
            name = value(style, "basedOn")
        return Format(max(level, 0), title, contents, list_id, depth)


class Numbering:
    """The lists of a document, and how far each has counted."""

    def __init__(self, archive: Archive, part: str) -> None:
        root = archive.xml(part)
        definitions: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, _List] = {}
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[str] = set()
        for element in root if root is not None else ():
            if local(element.tag) == "abstractNum":
                levels = {_integer(attribute(lvl, "ilvl"), 0): _level(lvl) for lvl in element if local(lvl.tag) == "lvl"}
                definitions[attribute(element, "abstractNumId")] = levels
            elif local(element.tag) == "num":
                definition = value(element, "abstractNumId")
                made = _List(definition, dict(definitions.get(definition, {})))
                for override in element:
                    if local(override.tag) == "lvlOverride":
                        depth = _integer(attribute(override, "ilvl"), 0)
                        if (start := value(override, "startOverride")) != "":
                            made.restarts[depth] = _integer(start, 1)
                        if (level := child(override, "lvl")) is not None:
                            made.levels[depth] = _level(level)
                self._lists[attribute(element, "numId")] = made

    def is_item(self, how: Format) -> bool:
        """Whether the paragraph is an item of a list."""
        return how.list_id in self._lists

    def label(self, how: Format) -> str:
        """The number drawn before the next paragraph set like this: "第三条", "（二）", "1.2"; "" for a bullet or none."""
        made = self._lists.get(how.list_id)
        if made is None:
            return ""
        counts = self._counts[made.definition]
        if how.list_id not in self._begun:
            self._begun.add(how.list_id)
            for depth, start in made.restarts.items():
                counts[depth] = start - 1
        level = made.levels.get(how.depth, _Level())
        counts[how.depth] = counts.get(how.depth, level.start - 1) + 1
        for deeper in [depth for depth in counts if depth > how.depth]:
            del counts[deeper]
        if level.kind in ("bullet", "none"):
            return ""

        def drawn(match: re.Match[str]) -> str:
            depth = int(match[1]) - 1
            at = made.levels.get(depth, _Level())
            return counted(counts.get(depth, at.start), at.kind)

        return _PLACE.sub(drawn, level.pattern).strip()


def counted(number: int, kind: str) -> str:
    """A number as Word writes it by this `numFmt`; in figures where the way is not known."""
    if number < 1:
        return str(number)
    if kind in ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting"):
        return _chinese(number)
    if kind in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (number - 1) % 26) * min((number - 1) // 26 + 1, 5)
        return letter if kind == "upperLetter" else letter.lower()
    if kind in ("upperRoman", "lowerRoman"):
        roman = _roman(number)
        return roman if kind == "upperRoman" else roman.lower()
    if kind == "ideographTraditional" and number <= len(_STEMS):
        return _STEMS[number - 1]
    if kind == "ideographZodiac" and number <= len(_BRANCHES):
        return _BRANCHES[number - 1]
    if kind in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and number <= 20:
        return chr(ord("①") + number - 1)
    return f"{number:02}" if kind == "decimalZero" else str(number)


def _chinese(number: int) -> str:
    if number >= 10_000:
        return str(number)
    written = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            written += _DIGITS[digit] + name
        elif written and number % unit and not written.endswith("〇"):
            written += "〇"
    written = written.replace("〇", "零")
    return written.removeprefix("一") if 10 <= number < 20 else written


def _roman(number: int) -> str:
    if number >= 4000:
        return str(number)
    written = ""
    for worth, letters in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "M CM D CD C XC L XL X IX V IV I".split(), strict=True
    ):
        written += letters * (number // worth)
        number %= worth
    return written


def _level(element: Element) -> _Level:
    return _Level(_integer(value(element, "start"), 1), value(element, "numFmt") or "decimal", value(element, "lvlText"))


def _outline_level(text: str) -> int:
    """The level of a sub-head; 9 in the file stands for text of the body."""
    number = _integer(text, 9)
    return number + 1 if 0 <= number < 9 else 0


def _integer(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.lstrip("-").isdecimal() and len(text) < 10 else otherwise
