"""Questions that a passage does not answer though it looks as if it did, made by rule from one that it answers, and checked by rule.

What is swapped: a year, an edition, a number, a name, an office, a unit, a measure, a direction. Where it can be, by what does stand
in the passage: a reader that only looks for the question's words cannot tell such a question from the one it was made of.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answers import evidence
from rag.answers.question import Kind, parse
from rag.chinese import figures
from rag.chinese.names import is_person
from rag.chinese.sentences import sentences
from rag.chinese.terms import FUNCTION_WORDS, tagged, words

SHARED = 0.5
"""A sentence that holds what was swapped in may hold at most so many of the question's other words: it could answer otherwise."""

NAME_TAGS = ("nr", "nrt", "nrfg", "ns", "nt")

_SWAPS = [
    pair.split("/")
    for pair in (
        "人口/面积 面积/人口 长度/宽度 宽度/长度 高度/长度 重量/体积 体积/重量 收入/支出 支出/收入 营收/净利润 净利润/营收 利润/亏损 "
        "产值/税收 产量/销量 销量/产量 "
        "进口/出口 出口/进口 售价/成本 成本/售价 投资/利润 价格/重量 速度/重量 深度/长度 海拔/面积 流量/流速 "
        "出生/去世 去世/出生 逝世/出生 成立/解散 建立/撤销 创立/倒闭 创办/停办 开通/停运 开业/关闭 开工/竣工 竣工/开工 建成/拆除 "
        "开始/结束 结束/开始 上任/卸任 就任/辞职 "
        "毕业/入学 入学/毕业 结婚/离婚 当选/落选 获得/失去 加入/退出 退出/加入 上市/退市 发行/停售 首播/停播 登陆/撤离 胜/负 发现/失踪 "
        "购买/出售 出售/购买 收购/出售 "
        "增长/下降 下降/增长 上升/下降 增加/减少 减少/增加 提高/降低 降低/提高 超过/低于 高于/低于 低于/高于 最大/最小 最小/最大 "
        "最多/最少 最少/最多 最高/最低 最低/最高 "
        "最早/最晚 最长/最短 第一/第二 首次/最后一次 首位/末位 首任/末任 第二/第三 冠军/亚军 亚军/季军 以上/以下 以前/以后 之前/之后 "
        "之后/之前 优点/缺点 缺点/优点 "
        "优势/劣势 原因/后果 支持/反对 反对/支持 赞成/反对 同意/拒绝 允许/禁止 可以/不可以 包括/不包括 参加/没有参加 喜欢/讨厌 "
        "父亲/母亲 母亲/父亲 丈夫/儿子 妻子/女儿 儿子/孙子 女儿/孙女 哥哥/弟弟 弟弟/哥哥 姐姐/妹妹 祖父/外祖父 老师/学生 作者/译者 "
        "导演/编剧 编剧/导演 主演/导演 作曲/作词 "
        "男性/女性 女性/男性 男子/女子 女子/男子 东部/西部 西部/东部 南部/北部 北部/南部 东/西 南/北 左/右 小学/中学 初中/高中 "
        "大学/高中 本科/硕士 博士/硕士 城镇/农村 农村/城镇 "
        "国内/国外 上半年/下半年 下半年/上半年 第一季度/第三季度 第二季度/第四季度 去年/前年 今年/明年 上午/下午 春季/秋季 夏季/冬季"
    ).split()
]
_CALENDAR = frozenset("年月日号")
_OFFICES = re.compile(
    "(?<![副前县市哪一这两几])(董事长|总经理|校长|院长|主席|总统|总理|市长|省长|县长|局长|部长|主任|书记|会长|馆长|社长|团长|司令|所长|主编|总裁|队长|秘书长|教练)(?![助篇期度达大])"
)
_MEASURED = "公里 平方公里 平方米 米 吨 公斤 元 万元 亿元 美元 亩 公顷 岁 小时 分钟 年 天".split()
_UNIT = re.compile("(多少|几)(" + "|".join(sorted(_MEASURED, key=len, reverse=True)) + ")(?![月年级分间代头素])")
"""Units that measure; those that only count (个, 家, 座 …) stand for each other."""

_SAME = [
    frozenset(group.split())
    for group in (
        "去世 逝世 病逝 辞世 死亡 死于 卒 过世 遇难 遇害",
        "出生 生于 诞生 降生",
        "竣工 建成 完工 落成 通车 投入使用",
        "开工 动工 奠基 兴建 始建",
        "成立 创立 创办 建立 组建 设立 创建",
        "解散 倒闭 停办 撤销 关闭 停业",
        "结束 终止 终结 闭幕 停止",
        "开始 开幕 启动 起",
        "停播 播毕 完结",
        "开通 开业 启用 投入使用",
        "离婚 离异",
        "净利润 利润 盈利",
        "营收 营业收入 收入",
        "辞职 卸任 下台 离任 免职",
        "下降 减少 下滑 降低 回落",
        "增长 增加 上升 提高 上涨",
        "儿子 女儿 子女 孩子",
        "哥哥 弟弟 兄弟 兄长 胞弟",
        "姐姐 妹妹 姐妹 姊妹",
    )
]
"""Words of which one says what another asks for."""

_OF_TRUTH = re.compile("是否|有没有|是不是|吗[？?]?$")
_SPAN = re.compile(r"\d{2,4}\s*年?[^。；]{0,14}?[—\-~－至到][^。；]{0,6}?\d{1,4}")
_ENDS_OF_SPANS = frozenset(
    "出生 去世 逝世 开始 结束 上任 卸任 就任 辞职 入学 毕业 首播 停播 成立 解散 创办 停办 开工 竣工 上午 下午".split()
)
"""What "1756年—1791年" says without a word."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question in simplified characters and the passage that answers it: `text[start:end]` is the answer; `title` stands over it."""

    question: str
    title: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A question that the passage does not answer, which way it was made, and the word that was swapped in."""

    way: str
    question: str
    swapped: str


class NearMisses:
    """Makes them: `names` are names of other texts with their tags, and `chosen` makes the choices."""

    def __init__(self, names: Sequence[tuple[str, str]], chosen: random.Random) -> None:
        self._names, self._chosen = names, chosen
        self._ways = {
            "year": self._years,
            "number": self._numbers,
            "name": self._of_names,
            "office": self._offices,
            "unit": self._units,
            "measure": self._measures,
        }

    def of(self, answered: Answered) -> list[NearMiss]:
        """The near misses of a question, at most one for each way."""
        found = []
        for way, swaps in self._ways.items():
            candidates = list(dict.fromkeys(swaps(answered)))
            self._chosen.shuffle(candidates)
            kept = (candidate for candidate in candidates[:6] if _unanswered(answered, *candidate))
            if one := next(kept, None):
                found.append(NearMiss(way, answered.question.replace(one[0], one[1], 1), one[1]))
        return found

    def _years(self, answered: Answered) -> Iterator[tuple[str, str]]:
        there = figures.years(answered.text)
        for match in re.finditer(r"(1[0-9]|20)\d\d(?=年)", answered.question):
            year = int(match[0])
            if year in there:
                near = [year + step for step in (-3, -2, -1, 1, 2, 3)]
                for other in [*(there - {year}), *self._chosen.sample(near, 2)]:
                    yield f"{match[0]}年", f"{other}年"

    def _numbers(self, answered: Answered) -> Iterator[tuple[str, str]]:
        """Another edition, line or quantity: 第3届 → 第5届, 3号线 → 4号线, 超过30人 → 超过80人."""
        question = answered.question
        for written in (figures.ordinals(question) | figures.numbered(question)).values():
            digits = re.search(r"\d+|[一二三四五六七八九十]+", written)
            value = figures.whole_number(digits[0]) if digits else None
            if digits and value and written in answered.text:
                other = value + self._chosen.choice([-2, -1, 1, 2, 3])
                if 0 < other <= 10 or (other > 0 and digits[0].isdecimal()):
                    form = str(other) if digits[0].isdecimal() else "零一二三四五六七八九十"[other]
                    yield written, written.replace(digits[0], form)
        for figure in figures.figures(question):
            written = question[figure.start : figure.end]
            digits = re.match(r"\d+", written)
            if digits and written in answered.text and figure.unit not in _CALENDAR:
                other = int(digits[0]) + self._chosen.choice([-2, -1, 1, 2, 3, 5, 10])
                if other > 0:
                    yield written, written.replace(digits[0], str(other), 1)

    def _of_names(self, answered: Answered) -> Iterator[tuple[str, str]]:
        here = names_of(answered.text)
        about = f"{answered.title}\n{answered.text}"
        for word, tag in names_of(answered.question):
            if word in about:
                same = [other for other, kind in here if kind[:2] == tag[:2] and other != word]
                elsewhere = [other for other, kind in self._chosen.sample(self._names, min(40, len(self._names))) if kind[:2] == tag[:2]]
                for other in [*same, *elsewhere[:2]]:
                    if other not in word and word not in other:
                        yield word, other

    def _offices(self, answered: Answered) -> Iterator[tuple[str, str]]:
        for match in _OFFICES.finditer(answered.question):
            for other in (f"副{match[0]}", f"{match[0]}助理", f"前{match[0]}"):
                yield match[0], other

    def _units(self, answered: Answered) -> Iterator[tuple[str, str]]:
        there = {figure.unit for figure in figures.figures(answered.text)}
        for match in _UNIT.finditer(answered.question):
            for unit in self._chosen.sample(_MEASURED, 4):
                if not any(evidence.unit_fits(unit, other) for other in there if other) and unit != match[2]:
                    yield match[0], match[1] + unit

    def _measures(self, answered: Answered) -> Iterator[tuple[str, str]]:
        if _OF_TRUTH.search(answered.question):
            return  # what says that it rose answers whether it fell
        asked = set(words(answered.question))
        for one, other in _SWAPS:
            # A single character is swapped where it is a word: 东 in 股东 is none.
            if one in answered.question and other not in answered.question and (len(one) > 1 or one in asked):
                yield one, other


def names_of(text: str) -> list[tuple[str, str]]:
    """The names of a text with their tags: persons, places, bodies."""
    return [(word, tag) for word, tag in tagged(text) if len(word) > 1 and (tag in ("ns", "nt") or (tag in NAME_TAGS and is_person(word)))]


def _unanswered(answered: Answered, old: str, new: str) -> bool:
    """Whether the passage surely says nothing to the question with `new` in the place of `old`.

    No sentence that holds `new` may hold the answer, what is asked about, much of what else is asked, or the kind of thing asked for.
    """
    if new in answered.question or (old in new and new in answered.text):
        return False
    if new in _ENDS_OF_SPANS and _SPAN.search(answered.text):
        return False
    year = re.fullmatch(r"(\d{4})年", new)
    also = {new, *(word for group in _SAME if new in group for word in group)}
    kept = [word for word in words(answered.question.replace(old, " ")) if len(word) > 1 and word not in FUNCTION_WORDS]
    question = parse(answered.question)
    focus = evidence.focus(question[0]) if question else ""
    for start, end in sentences(answered.text):
        sentence = answered.text[start:end]
        named = year is not None and (int(year[1]) in figures.years(sentence) or year[1] in sentence)
        if not named and not any(word in sentence for word in also):
            continue
        if start < answered.end and answered.start < end:
            return False
        if focus and focus not in new and evidence.held(focus, sentence) >= SHARED:
            return False
        if kept and sum(word in sentence for word in kept) > SHARED * len(kept):
            return False
        kinds = (Kind.FIGURE, Kind.TIME, Kind.PERSON, Kind.PLACE)
        if len(kept) < 2 and question and question[0].kind in kinds and evidence.fits(question[0], sentence) >= 1:
            return False
    return True
