"""Answers what asks for no one fact: a summary of what the documents say about something, or what happened to it in order of time."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.answers import evidence
from rag.answers.about_documents import Passages
from rag.answers.question import INTERROGATIVE, MARKS
from rag.answers.quoting import Quote, cited
from rag.chinese import figures
from rag.chinese.dates import moments
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.chinese.terms import FUNCTION_WORDS, words
from rag.records import Answer, Hit, Statement

LONG = 400
"""Characters of a summary or a timeline."""

MOST = 8
"""Sentences of either."""

_ABOUT = 0.6
"""The share of the weight of the subject's words that a document's headline holds, or a passage with its headings, to be about it."""

_AS_NEAR = 0.1
"""Of several documents, those are meant that hold as much as the one that holds most, but for so much."""

_FEWEST_DATED = 2
"""Dates without which nothing is in order of time."""

_NAMES, _EARLY, _FIGURES, _SAID = 1.3, 1.3, 1.15, 0.35
"""What a sentence counts that names the subject, one of the first paragraph, one with figures; and a word that was said before."""

_ONCE = 0.4
"""What a word is worth that stands in one sentence alone, against one that stands in two."""

_LITTLE = 0.4
"""A sentence that says less than such a share of what the best one says is left out."""

_GENERAL = frozenset("情况 内容 建设 发展 历史 过程 经过 进展 历程 方面 相关 有关 信息 工作 措施 问题".split())
"""Words that name the kind of thing wanted, which need not stand anywhere."""

NOT_ABOUT = "文档里没有专门讲“{}”的内容。"
NOT_DATED = "文档讲到了“{}”，但写明日期的内容太少，排不出先后。"


class Sought(StrEnum):
    """What is asked for."""

    SUMMARY = "summary"
    TIMELINE = "timeline"


@dataclass(frozen=True, slots=True)
class Overview:
    """What is asked for, and of what."""

    sought: Sought
    subject: str


_PLEASE = "(?:请|帮我|请帮我|麻烦)?(?:你)?"
_SUM_UP = "(?:总结|概括|归纳|概述|简述|综述|汇总|介绍)(?:一下|下)?"
_CONTENT = "(?:的)?(?:主要|大致|核心|基本|整体|总体)?(?:内容|情况|要点|重点|大意|观点|信息)?"
_SUMMARIES = (
    re.compile(f"(?P<subject>.*?)[，,]?{_PLEASE}{_SUM_UP}(?:其)?(?P<more>.*?){_CONTENT}"),
    re.compile("(?P<subject>.*?)(?:主要)?(?:讲|说|写|谈|介绍|报道)了?(?:些)?(?:什么|哪些(?:内容|事|事情|方面)?)"),
    re.compile("(?P<subject>.*?)的?(?:主要|大致|核心)(?:内容|观点|意思|要点)(?:是什么|有哪些|是|有)?"),
)
_TIMELINES = (
    re.compile(
        "(?:请)?(?:列出|整理|梳理|给出)?(?P<subject>.*?)的?(?:时间线|时间轴|大事记|大事年表|发展历程|来龙去脉|前后经过|历程)(?:是什么|是怎样的|有哪些)?"
    ),
    re.compile("(?:请)?(?:按|依)(?:照)?时间(?:先后)?(?:顺序)?(?:来)?(?:列出|梳理|排列|整理|说说|介绍)(?:一下)?(?P<subject>.*)"),
)
_POINTER = re.compile("的?(?:这|那|该)[一]?[篇条则份](?:文章|报道|报导|新闻|通知|通告|报告|稿子?)?$|的(?:文章|报道|报导|新闻)$")
_EDGES = "的了，,。 “”《》"
_LED_IN = re.compile("^(?:根据|结合|按照|关于|有关|就|对|请)")


def sought(question: str) -> Overview | None:
    """What of a kind is asked for, and of what: "总结一下助老食堂的情况" asks for a summary of 助老食堂; None for any other question."""
    text = fold(question).strip(" ？?。！!")
    for asked, forms in ((Sought.TIMELINE, _TIMELINES), (Sought.SUMMARY, _SUMMARIES)):
        for form in forms:
            if match := form.fullmatch(text):
                parts = (match["subject"], match.groupdict().get("more") or "")
                subject = " ".join(_POINTER.sub("", _LED_IN.sub("", part)).strip(_EDGES) for part in parts).strip()
                if MARKS.sub("", subject) and not INTERROGATIVE.search(subject):
                    return Overview(asked, subject)
    return None


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence that may go into an overview: `hit.passage.text[start:end]`, its words, and where it stands."""

    hit: Hit
    start: int
    end: int
    words: frozenset[str]
    place: tuple[int, int, int]

    @property
    def text(self) -> str:
        return self.hit.passage.text[self.start : self.end]


def overview(question: str, asked: Overview, hits: Sequence[Hit], weight: Callable[[str], float], passages: Passages) -> Answer:
    """The summary or timeline that is asked for, of sentences as they stand; a refusal where no document is about the subject.

    `hits` are the passages found for the subject, `weight` is a word's inverse document frequency, `passages` gives those of a document
    by its id, in order.
    """
    carrying = [word for word in words(asked.subject) if word not in FUNCTION_WORDS]
    named = {word: weight(word) for word in carrying if word not in _GENERAL} or {word: weight(word) for word in carrying}
    about = _about(named, hits, passages)
    if not about:
        return Answer(question, (), 0.0, refused=True, reason=NOT_ABOUT.format(asked.subject))
    there = list(_sentences(about))
    chosen = _in_time(there, named) if asked.sought is Sought.TIMELINE else _central(there, named, weight)
    if not chosen:
        return Answer(question, (), 0.0, refused=True, reason=NOT_DATED.format(asked.subject))
    citations = cited([Quote(one.hit, one.start, one.end) for one in chosen])
    statements = tuple(Statement(citation.quote, (citation,)) for citation in citations)
    support = max(_held(named, hit) for hit in about)
    return Answer(question, statements, support, refused=False)


def _about(named: Mapping[str, float], hits: Sequence[Hit], passages: Passages) -> list[Hit]:
    """The passages about the subject: all of the documents that bear it in their headline, else those found that hold its words."""
    covered = {hit.document.id: evidence.coverage(named, fold(hit.document.headline)) for hit in hits}
    # The report of another county has most of the words too.
    least = max(_ABOUT, max(covered.values(), default=0.0) - _AS_NEAR)
    documents = {hit.document.id: hit for hit in hits if covered[hit.document.id] >= least}
    whole = [Hit(passage, hit.document, hit.score, hit.rank) for key, hit in documents.items() for passage in passages(key)]
    return whole or [hit for hit in hits if _held(named, hit) >= _ABOUT]


def _held(named: Mapping[str, float], hit: Hit) -> float:
    text = fold(f"{hit.headings}\n{hit.passage.text}")
    return evidence.coverage(named, f"{text} {' '.join(str(number) for number, _ in figures.numbered(text))}")


def _sentences(about: Sequence[Hit]) -> Iterator[_Said]:
    order = {key: place for place, key in enumerate(dict.fromkeys(hit.document.id for hit in about))}
    for hit in about:
        text = hit.passage.text
        for number, (start, end) in enumerate(sentences(text)):
            carrying = frozenset(word for word in words(text[start:end]) if len(word) > 1 and word not in FUNCTION_WORDS)
            yield _Said(hit, start, end, carrying, (order[hit.document.id], hit.passage.number, number))


def _central(there: Sequence[_Said], named: Mapping[str, float], weight: Callable[[str], float]) -> list[_Said]:
    """The sentences that say most of what all of them say, in the order in which they stand."""
    often = Counter(word for one in there for word in one.words)
    worth = {word: weight(word) * (count - 1 + _ONCE + (word in named)) for word, count in often.items()}
    first = min((one.place[1] for one in there), default=0)
    chosen: list[_Said] = []
    said: set[str] = set()
    length = 0

    def value(one: _Said) -> float:
        total = sum(worth[word] * (_SAID if word in said else 1.0) for word in one.words)
        total *= _NAMES if any(evidence.held(word, fold(one.text)) == 1 for word in named) else 1.0
        total *= _EARLY if one.place[1] == first else 1.0
        total *= _FIGURES if figures.figures(one.text) else 1.0
        return float(total / (len(one.words) + 4) ** 0.5)

    most = max(map(value, there), default=0.0)
    left = [one for one in there if value(one) > most * _LITTLE]
    while left and len(chosen) < MOST:
        best = max(left, key=value)
        left.remove(best)
        if length + len(best.text) <= LONG:
            chosen.append(best)
            said |= best.words
            length += len(best.text)
    return sorted(chosen, key=lambda one: one.place)


def _in_time(there: Sequence[_Said], named: Mapping[str, float]) -> list[_Said]:
    """The sentences with a date of their own, in order of time; those that name the subject first where there are too many."""
    dated = [(when, one) for one in there if (when := _when(one)) is not None]
    if len({when for when, _ in dated}) < _FEWEST_DATED:
        return []
    dated.sort(key=lambda pair: (-evidence.coverage(named, fold(pair[1].text)), pair[1].place))
    chosen: list[tuple[tuple[int, int, int], _Said]] = []
    length = 0
    for when, one in dated:
        if len(chosen) < MOST and length + len(one.text) <= LONG:
            chosen.append((when, one))
            length += len(one.text)
    return [one for _, one in sorted(chosen, key=lambda pair: (pair[0], pair[1].place))]


def _when(one: _Said) -> tuple[int, int, int] | None:
    """The first date of a sentence; its year, where it names none, is that of the dates before it, the headings or the document."""
    text = fold(one.hit.passage.text)
    here = moments(text[one.start : one.end])
    if not here:
        return None
    first = here[0]
    year = first.year or next((m.year for m in reversed(moments(text[: one.start])) if m.year is not None), None)
    about = f"{one.hit.passage.heading} {one.hit.document.headline}"
    year = year or next(iter(sorted(figures.years(about) or figures.years(one.hit.document.date))), None)
    return (year, first.month or 0, first.day or 0) if year is not None else None
