"""Reads tables: which row names the columns, and every other row as "name：value" pairs that can be understood alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.chinese.width import narrow

BETWEEN = "；"
NAMED = "："

_FIGURE = re.compile(r"[-+~≈<>]?[¥$€]?[-+]?[\d,.]+(?:[eE][-+]?\d+)?\s*(?:%|‰|℃|元|万|亿|万元|亿元|人|个|万人|公里|米|吨|万吨|次|件|倍)?")
_YEAR = re.compile(r"(?:19|20)\d\d(?:年度?)?|\d{1,2}月|[一二三四]季度")
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_LONGEST_NAME = 40
_REPEATED = 4
"""How many times a table's own cells and text may be repeated for cells that cover several rows or columns."""
_FORM = frozenset(
    "姓名 性别 出生年月 出生日期 年龄 民族 籍贯 学历 学位 专业 职务 职称 单位 工作单位 部门 电话 联系电话 手机 邮箱 电子邮箱 地址 通讯地址 "
    "邮编 联系人 负责人 法定代表人 注册资本 成立日期 名称 项目名称 单位名称 公司名称 企业名称 统一社会信用代码 编号 日期 有效期 备注 "
    "身份证号 政治面貌 毕业院校 索引号 发文机关 发文字号 发文机构 发布日期 成文日期 标题 主题词 主题分类 公开方式 公文种类".split()
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is drawn: its text, how many columns and rows it covers, and whether the file marks it as naming others."""

    text: str
    columns: int = 1
    rows: int = 1
    head: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a row: the name it goes by, or "", and the cell it stands in, `cells[row][index]` of the table as given."""

    name: str
    row: int
    index: int


def read_rows(cells: Sequence[Sequence[Cell]]) -> list[tuple[int, list[Field]]]:
    """The rows of a table that are no header, in order: each its number, from 0, and its fields; empty cells are left out.

    A cell that covers several rows is in each of them. A row of one cell across the whole table (a caption) is a value without a name.
    """
    grid = _grid(cells)
    text = [[cells[place[0]][place[1]].text if place else "" for place in row] for row in grid]
    first = 0
    captions: list[int] = []
    while first < len(grid) and len(grid[first]) > 1 and len({place for place in grid[first] if place}) == 1:
        captions.append(first)
        first += 1
    if _is_form(text[first:]):
        return [(number, _pairs(row, text[number])) for number, row in enumerate(grid) if any(text[number])]
    names, body = _names(cells, grid, text, first)
    rows = [(number, [Field("", *place) for place in grid[number] if place][:1]) for number in captions]
    # A few long cells drawn over thousands of rows would make a small file a huge text.
    repeatable = _REPEATED * sum(len(cell.text) for row in cells for cell in row) + 10_000
    for number in range(body, len(grid)):
        fields: list[Field] = []
        seen: set[tuple[int, int]] = set()
        beside = cells[number][0].text if not any(names) and cells[number] and cells[number][0].head else ""
        for column, place in enumerate(grid[number]):
            if place and place not in seen and text[number][column]:
                seen.add(place)
                if place[0] != number:
                    repeatable -= len(text[number][column])
                    if repeatable < 0:
                        continue
                name = names[column] if column < len(names) else ""
                fields.append(Field(name if name != text[number][column] else "", *place))
        if beside and len(fields) == 2:
            fields = [Field(beside, fields[1].row, fields[1].index)]
        if fields:
            rows.append((number, fields))
    return rows


def column_names(first: Sequence[str], following: Sequence[Sequence[str]]) -> list[str] | None:
    """The names of the columns, where this first row of a table names them and is no row like those `following`; else None."""
    if len(first) < 2 or not following or any(len(text) > _LONGEST_NAME for text in first):
        return None
    # The corner of a table may be empty, and so may a last column of remarks.
    named = [text for text in first if text]
    if len(named) < max(len(first) - 1, 1) or len(set(named)) != len(named):
        return None
    if any(_is_figure(text) for text in named):
        return None
    years = [_YEAR.fullmatch(narrow(text)) is not None for text in named]
    if all(years) and all(_YEAR.fullmatch(narrow(text)) for row in following[:20] for text in row if text):
        return None
    return list(first)


def grouped_names(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """The names of the columns, where the first two rows of a table name them together; else None.

    部门 | 人员 | | 预算 over | 男 | 女 | gives 部门, 人员 男, 人员 女, 预算: the second row names only what stands under a name that is
    followed by blanks, or repeats the one above it.
    """
    if len(rows) < 3 or any(len(text) > _LONGEST_NAME or _is_figure(text) for row in rows[:2] for text in row):
        return None
    if sum(map(bool, rows[0])) < 2 or any("：" in text for text in rows[0]):
        # That is a title, or a remark.
        return None
    width = max(max((i for i, text in enumerate(row) if text), default=-1) + 1 for row in rows[:2])
    first, second = ([*row[:width], *[""] * (width - len(row))] for row in rows[:2])
    groups: set[int] = set()
    for column in range(1, width):
        if not first[column]:
            # The first of these stands under the name itself.
            groups |= {column} if column - 1 in groups else {column - 1, column}
            first[column] = first[column - 1]
    if not groups or not all(second[column] and first[column] for column in groups):
        return None
    if any(second[column] not in ("", first[column]) for column in range(width) if column not in groups):
        return None
    if len(groups) == width and not any(map(_is_figure, rows[2])):
        return None
    names = _joined([first, second])
    return names if len(set(names)) == width else None


def _is_figure(text: str) -> bool:
    text = narrow(text)
    return (_FIGURE.fullmatch(text) is not None and _YEAR.fullmatch(text) is None) or _DATE.fullmatch(text) is not None


def _grid(cells: Sequence[Sequence[Cell]]) -> list[list[tuple[int, int] | None]]:
    """For each row, for each column, the (row, index) of the cell drawn there."""
    grid: list[list[tuple[int, int] | None]] = []
    below: dict[int, tuple[int, tuple[int, int]]] = {}
    # Cells that claim to cover whole screens are taken at their word only so far.
    room = _REPEATED * sum(map(len, cells)) + 10_000
    for number, row in enumerate(cells):
        places: list[tuple[int, int] | None] = []
        for index, cell in enumerate(row):
            _fill(places, below)
            columns, rows = (cell.columns, cell.rows) if room > 0 else (1, 1)
            room -= (columns - 1) + columns * (rows - 1)
            for column in range(len(places), len(places) + columns):
                places.append((number, index))
                if rows > 1:
                    below[column] = (rows - 1, (number, index))
        _fill(places, below)
        grid.append(places)
    return grid


def _fill(places: list[tuple[int, int] | None], below: dict[int, tuple[int, tuple[int, int]]]) -> None:
    """Goes on with the cells of rows above that reach down to here."""
    while len(places) in below:
        column = len(places)
        left, place = below.pop(column)
        if left > 1:
            below[column] = (left - 1, place)
            # The caller is still in this row: what is left is for the next one.
        places.append(place)


def _is_form(rows: Sequence[Sequence[str]]) -> bool:
    """Whether every other cell names the one beside it, as in 姓名 | 李娟 | 性别 | 女."""
    labels = [text.rstrip("：:") for row in rows[:50] for text in row[::2] if text]
    known = sum("".join(label.split()) in _FORM for label in labels)
    first = [text.rstrip("：:") for text in rows[0]] if rows else []
    header = len(first) > 1 and all("".join(text.split()) in _FORM for text in first)
    return known >= 2 and known * 2 >= len(labels) and not header


def _pairs(row: Sequence[tuple[int, int] | None], text: Sequence[str]) -> list[Field]:
    fields: list[Field] = []
    name = ""
    reached: tuple[int, int] | None = None
    places = [(place, text[column]) for column, place in enumerate(row)]
    for place, value in places:
        if place is None or place == reached:
            continue
        reached = place
        bare = value.rstrip("：:")
        if not name and "".join(bare.split()) in _FORM:
            name = bare
            label = place
        elif value:
            fields.append(Field(name, *place))
            name = ""
    if name:
        fields.append(Field("", *label))
    return fields


def _names(
    cells: Sequence[Sequence[Cell]], grid: list[list[tuple[int, int] | None]], text: list[list[str]], first: int
) -> tuple[list[str], int]:
    """The name of each column, and the number of the first row that is no header."""
    if first >= len(grid):
        return [], first
    marked = first
    while marked < len(grid) and cells[marked] and all(cell.head for cell in cells[marked]):
        marked += 1
    if first < marked < len(grid):
        return _joined(text[first:marked]), marked
    row = cells[first]
    if row and row[0].head and not row[-1].head:
        return [], first
    if marked == len(grid) or column_names([cell.text for cell in row], text[first + 1 : first + 50]) is None:
        return [], first
    # Columns under a common name have names of their own in the next row.
    deep = first + 1
    if any(cell.columns > 1 for cell in row) and deep + 1 < len(grid) and not any(map(_is_figure, text[deep])):
        deep += 1
    return _joined(text[first:deep]), deep


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    width = max(map(len, rows))
    columns = [[row[column] for row in rows if column < len(row) and row[column]] for column in range(width)]
    return [" ".join(dict.fromkeys(parts)) for parts in columns]
