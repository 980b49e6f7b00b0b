"""The sentences of cited passages as grounds for what is said: their words, figures and dates, with what they lean on around them."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.answers.claims import bare_place
from rag.answers.evidence import held
from rag.chinese.dates import Moment, moments
from rag.chinese.polarity import OPPOSITE, Change, changes
from rag.chinese.quantities import Quantity, quantities, units_agree
from rag.chinese.scripts import fold
from rag.chinese.sentences import clauses, sentences
from rag.records import Hit

BESIDE, AROUND = 0.8, 0.6
"""What a word counts that stands in the headings or the sentence before, and one that stands elsewhere in the passage …"""

_TO = re.compile(r"\s*(?:至|到|—+|-|~)\s*")
_BASE = re.compile("(?:比|较|从|由|自|与|同|和)$")
_RELATIVE = {"去年": -1, "上年": -1, "前年": -2, "今年": 0, "本年": 0, "明年": 1}
_FROM_DATE = re.compile("(?<!比)(?<!较)(?:" + "|".join(_RELATIVE) + ")(?!同期)")
_LONE = 0.4
"""What a word of one character counts beside a longer one."""

_SAME = [
    frozenset(group.split())
    for group in (
        "首次 首个 首家 首座 首例 第一例 第一个 第一家 第一次 头一个 首日 头一天 首周 头一周",
        "出口 海外 境外 运往",
        "建成 竣工 完工 落成",
        "开工 动工 兴建 始建 动工",
        "建厂 建 办 创办 办起 成立 创立 建立 设立 设 开办",
        "返回 回到 回国 回",
        "交付 交车 交货 售出 卖出",
        "上市 挂牌",
        "从事 做 干",
        "安装 装 装上 配 配备",
        "去世 逝世 病逝 辞世 卒",
        "出生 生于 诞生",
        "费用 钱 收费 费",
        "供应 供餐 供给 提供",
        "平均 日均 均 人均",
        "妻子 夫人 太太",
        "举行 举办 召开 开幕 定在",
        "主持 负责 牵头",
        "面积 占地",
        "赴 前往 去 到",
        "给予 补贴 补助 发放 津贴",
        "奖励 奖 奖金",
        "员工 职工 人员 雇员",
        "房屋 住房 房子",
        "开放 开 营业 对外开放",
        "要求 应当 须 必须",
        "禁止 不得 严禁 不准",
        "总额 金额 总计",
        "销往 出口 卖到",
        "种植 种 栽种 栽培",
        "节约 节省 省 省下 省出",
        "全长 总长 长 长度",
        "票价 起步价 价格 价",
        "学生 生 在校生",
        "利润 净利润 盈利",
        "营收 营业收入 收入",
    )
]
"""Words of which one says what another does, near enough for what stands around them to decide."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of a ground that an item in it belongs to, folded; `own` is the clause in it, `before` what its sentence has before it.

    `years` are those that it is about, none where no year stands anywhere.
    """

    text: str
    own: str
    before: str
    years: frozenset[int]


@dataclass(frozen=True, slots=True)
class Ground:
    """A sentence of a cited passage, folded: `text`; `before` is the one before it, `earlier` all of
    the passage before it, `about` what stands over the passage, `passage` all of it.

    `inherited` are the years of what goes before, or of the headings, or the document's; `clauses` are ranges of `text`.
    """

    text: str
    before: str
    earlier: str
    about: str
    passage: str
    inherited: frozenset[int]
    clauses: tuple[tuple[int, int], ...]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]

    @property
    def context(self) -> str:
        """The sentence with what it leans on."""
        return f"{self.about}\n{self.before}\n{self.text}"

    def of_quantity(self, quantity: Quantity) -> Stretch:
        """What a quantity of the sentence belongs to: its clause, and those before it down to the one with another of the unit."""
        others = [q for q in self.quantities if q != quantity and q.unit and units_agree(q.unit, quantity.unit)]
        start, end = stretch_before(self.clauses, quantity.start, quantity.end, [(q.start, q.end) for q in others])
        return self._stretch(start, end, quantity.start, self.years_at(quantity.start))

    def of_moment(self, moment: Moment) -> Stretch:
        """What a date of the sentence belongs to: its clause, and those behind it up to the one with another date."""
        others = [(m.start, m.end) for m in self.moments if m != moment and not self._spans(moment, m)]
        start, end = _stretch_behind(self.clauses, len(self.text), moment.start, moment.end, others)
        return self._stretch(start, end, moment.start, self.years_at(moment.end))

    def _spans(self, one: Moment, other: Moment) -> bool:
        """Whether two dates are the ends of one span: 1986年到1988年."""
        first, last = sorted((one, other), key=lambda moment: moment.start)
        return _TO.fullmatch(self.text, first.end, last.start) is not None

    def _stretch(self, start: int, end: int, item: int, years: frozenset[int]) -> Stretch:
        own = next(((first, last) for first, last in self.clauses if first <= item < last), (start, end))
        return Stretch(self.text[start:end], self.text[max(start, own[0]) : min(end, own[1])], self.text[:start], years)

    def years_at(self, position: int) -> frozenset[int]:
        """The years that what stands at a position is about: the last one before it, else the first behind it, else those inherited.

        One that is only compared with (比2021年, 从2006年的) is not the year in question, and left out where there is another.
        """
        return self.named_at(position) or self.inherited

    def named_at(self, position: int) -> frozenset[int]:
        """Those of them that the sentence names itself."""
        clause = next((one for one in self.clauses if one[0] <= position < one[1]), (0, len(self.text)))
        return governing(self.text, self.moments, position, clause)


def governing(folded: str, dates: Sequence[Moment], position: int, clause: tuple[int, int]) -> frozenset[int]:
    """The years named in a sentence that what stands at a position of its `clause` is about; none where it names none."""
    named = [m for m in dates if m.year is not None and m.start < clause[1]]
    before = [m for m in named if m.start < position]
    plain = [m for m in before if not _BASE.search(folded[: m.start])]
    chosen = plain[-1:] or before[-1:] or named[:1]
    also = before[-1:] if plain else []
    return frozenset(m.year for m in (*chosen, *also) if m.year is not None)


def grounds(cited: Iterable[Hit]) -> list[Ground]:
    """The grounds of the cited hits, a sentence each."""
    found = []
    for hit in cited:
        printed, passage = hit.passage.text, fold(hit.passage.text)
        about = fold(f"{hit.headings}\n{hit.document.byline}\n{hit.document.section}")
        date = hit.document.date
        fallback = _years(about) or _years(date)
        before, inherited = "", frozenset[int]()
        for start, end in sentences(printed):
            text = passage[start:end]
            # Folding makes commas of the marks that part clauses.
            pieces = tuple(clauses(printed[start:end]))
            dates = tuple(_dates(text, date))
            whole = f"{passage}\n{about}\n{date}"
            found.append(Ground(text, before, passage[:start], about, whole, inherited or fallback, pieces, tuple(quantities(text)), dates))
            before = text
            inherited = frozenset([m.year for m in dates if m.year is not None][-1:]) or inherited
    return found


def rarity(found: Sequence[Ground]) -> Callable[[str], float]:
    """What a word weighs: the more, the fewer clauses of the grounds have it; a single character less."""
    pieces = [ground.text[start:end] for ground in found for start, end in ground.clauses]

    def weigh(word: str) -> float:
        having = sum(word in piece for piece in pieces)
        rare = math.log(1 + (len(pieces) + 1) / (having + 1))
        return rare * (_LONE if len(word) == 1 else 1.0)

    return weigh


def share(weights: Mapping[str, float], *texts: tuple[str, float]) -> float:
    """The share, in [0, 1], of the words' weight that folded texts hold, each text with what a word in it counts; 1 without words."""
    total = sum(weights.values())
    return sum(weight * max(rate * means(word, text) for text, rate in texts) for word, weight in weights.items()) / total if total else 1.0


def means(word: str, folded: str) -> float:
    """How far a folded text holds the word or another that says the same, in [0, 1]."""
    there = max(held(word, folded), held(bare_place(word), folded))
    if there == 1.0:
        return there
    if any(other in folded for group in _SAME if word in group for other in group):
        return BESIDE
    ways: set[Change] = changes(word)
    its = changes(folded) if ways else set()
    return max(there, BESIDE) if ways and ways <= its and not any(OPPOSITE[way] in its for way in ways) else there


def _dates(text: str, date: str) -> list[Moment]:
    """The dates of a text, those among them that count from the document's (去年, 今年)."""
    found = moments(text)
    if date:
        found += [Moment(m.start(), m.end(), int(date[:4]) + _RELATIVE[m[0]]) for m in _FROM_DATE.finditer(text)]
    return sorted(found, key=lambda moment: moment.start)


def _years(folded: str) -> frozenset[int]:
    return frozenset(m.year for m in moments(folded) if m.year is not None)


def stretch_before(pieces: Sequence[tuple[int, int]], start: int, end: int, others: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The range that a figure at `[start, end)` belongs to: its clause and those before it, down to the `others` of its unit."""
    own = next((piece for piece in pieces if piece[0] <= start < piece[1]), (start, end))
    inside = [other for other in others if own[0] <= other[0] < own[1]]
    first = max((other[1] for other in inside if other[1] <= start), default=None)
    last = min((other[0] for other in inside if other[0] >= end), default=own[1])
    if first is None:
        ends = [other[1] for other in others if other[1] <= own[0]]
        first = min((piece[0] for piece in pieces if piece[0] >= max(ends, default=0) and piece[0] <= own[0]), default=own[0])
    return first, last


def _stretch_behind(
    pieces: Sequence[tuple[int, int]], length: int, start: int, end: int, others: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    own = next((piece for piece in pieces if piece[0] <= start < piece[1]), (start, end))
    inside = [other for other in others if own[0] <= other[0] < own[1]]
    first = max((other[1] for other in inside if other[1] <= start), default=own[0])
    following = min((other[0] for other in others if other[0] >= end), default=length)
    if following < own[1]:
        return first, following
    return first, max((piece[1] for piece in pieces if piece[1] <= following), default=own[1])
