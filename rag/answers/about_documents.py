"""Answers what is asked of a document itself: who wrote it, when it appeared, in which section; from its own data."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.answers import evidence
from rag.answers.question import Question, parse
from rag.chinese import bylines
from rag.chinese.scripts import fold
from rag.chinese.sentences import sentences
from rag.records import Citation, Document, Hit, Passage

Passages = Callable[[str], Sequence[Passage]]
"""Gives the passages of the document of an id, in order."""


class Asked(StrEnum):
    """What of a document is asked for."""

    BYLINE = "作者"
    DATE = "日期"
    SECTION = "版面"


@dataclass(frozen=True, slots=True)
class Told:
    """What a document's own data say, and a citation of it; `text` and `short` are "" where they say nothing, and `reason` says so."""

    text: str
    short: str
    reason: str
    support: float
    citation: Citation


_KINDS = "文章|报道|报导|新闻|消息|稿件|稿子|文稿|通讯|社论|评论|公告|通知|文档|文件"
_THIS = "(?:[这那]一?[篇条则份]|[该本此]一?[篇条则份]?)"
_POINTED = (
    f"《(?P<title>[^《》]+)》(?:一文|{_THIS}(?:{_KINDS})?)?|{_THIS}(?:{_KINDS})|[这那]一?[篇条则份]|[本此]文|一文|(?:文章|报道|报导)"
    "|的(?:新闻|消息|社论|评论|通讯)"
)
"""How a question points at a document: by its title, as this or that one, or as an article on something."""
_WRITTEN = "(?:写|撰写|采写|报道|报导|执笔|写作|撰稿)"
_APPEARED = "(?:发表|刊登|刊发|发布|见报|登出|登载|印发|登|刊)"
_WHEN = "(?:什么时候|什么时间|何时|哪一?[天日年]|几号|几月几[日号])"
_WHICH = "(?:什么|哪一?个?|第几)"
_SECTION = "(?:版面?|栏目?|版块|板块)"
_ASKED = {
    Asked.BYLINE: (
        "(?:作者|记者|撰稿人|执笔人|署名)(?:是|叫|为|有)?(?:谁|哪[位些个]?|什么名字|什么)?"
        f"|是?(?:谁|哪[位名个](?:记者|作者)?){_WRITTEN}的?|{_WRITTEN}的?(?:人|记者)?是谁"
    ),
    Asked.DATE: (
        f"是?(?:在|于)?{_WHEN}{_APPEARED}的?|的?{_APPEARED}?(?:日期|时间)(?:是{_WHEN})?"
        f"|{_APPEARED}(?:于|在|的)?(?:{_WHEN}|时间|日期)(?:是|是{_WHEN})?|是{_WHEN}的"
    ),
    Asked.SECTION: f"是?{_APPEARED}?(?:在|于|属于)?{_WHICH}{_SECTION}(?:{_APPEARED}的?)?|的?(?:版面|栏目)(?:是|叫)?(?:{_WHICH})?",
}
_PATTERNS = {asked: re.compile(f"(?P<subject>.*?)(?P<pointer>{_POINTED})的?(?:{pattern})") for asked, pattern in _ASKED.items()}
_WHO_WROTE = re.compile(
    f"^(?P<who>(?:谁|哪[位名个](?:记者|作者)?){_WRITTEN})[了的过]?(?P<what>《[^《》]+》(?:一文|{_THIS}(?:{_KINDS})?)?)$"
)
"""The question put the other way round: 谁写了《春茶上市》."""
_LONGEST = 80
"""Characters of the longest question that is taken to be about a document itself."""
_SPACE = re.compile(r"[\s，。？！?!,.]+")
_LED_IN = re.compile("^(?:请问|关于|有关|讲|写|介绍)|的$|^(?:这|那|本)$")

_OFTEN = 3
"""A word that stands so often in a text is what the text is about, as one in its headline is."""
_NAMED = 0.3
"""What a word counts that stands there less often."""
_SURE = 0.6
"""The share of the weight of the question's words that the document must be about, to be the one that is meant."""


def told(question: Question, hits: Sequence[Hit], weight: Callable[[str], float], passages: Passages) -> Told | None:
    """What is told of a document itself; None where the question is about what documents say, or no document is surely meant.

    "服务外包那篇报道的记者是谁" is about a document; "《岚溪茶经》的作者是谁" is only where a document of that title was found. `weight` is
    a word's inverse document frequency, `passages` gives those of a document by its id.
    """
    bare = _WHO_WROTE.sub(r"\g<what>是\g<who>的", _SPACE.sub("", question.text))
    if len(bare) > _LONGEST:
        return None
    for asked, pattern in _PATTERNS.items():
        if (match := pattern.fullmatch(bare)) is not None:
            meant, sure = _meant(match["subject"], match["title"] or "", hits, weight)
            return (
                _told(asked, meant, sure, passages(meant.id) or [hit.passage for hit in hits if hit.document.id == meant.id])
                if meant
                else None
            )
    return None


def _told(asked: Asked, document: Document, sure: float, passages: Sequence[Passage]) -> Told:
    value, name = _values(document)[asked], _name(document)
    citation = _standing(document, passages, asked)
    if not value:
        return Told("", "", f"{name}没有注明{asked}。", 0.0, citation)
    return Told(_text(asked, name, value), value, "", sure, citation)


def tellings(document: Document) -> list[str]:
    """The sentences that may be told of a document from its data: who signed it, its date, its section."""
    name = _name(document)
    return [_text(asked, name, value) for asked, value in _values(document).items() if value]


def _text(asked: Asked, name: str, value: str) -> str:
    return {Asked.BYLINE: f"{name}署名“{value}”。", Asked.DATE: f"{name}的日期是{value}。", Asked.SECTION: f"{name}刊于“{value}”。"}[asked]


def _name(document: Document) -> str:
    return f"《{document.headline}》" if document.headline else "这篇文档"


def _values(document: Document) -> dict[Asked, str]:
    return {Asked.BYLINE: document.byline, Asked.DATE: document.date, Asked.SECTION: document.section}


def _meant(subject: str, title: str, hits: Sequence[Hit], weight: Callable[[str], float]) -> tuple[Document | None, float]:
    """The document that is meant, and how surely: of that title, or about what the question says of it, or the only one found."""
    found = {hit.document.id: hit.document for hit in hits}
    if title:
        titled = [document for document in found.values() if _letters(document.headline) == _letters(title)]
        lined = [document for document in found.values() if _letters(title) in map(_letters, document.headline.split())]
        return (titled[0], 1.0) if titled else (lined[0], 1.0) if len(lined) == 1 else (None, 0.0)
    said = next(iter(parse(_LED_IN.sub("", _LED_IN.sub("", subject)))), None)
    if said is None:
        return (next(iter(found.values())), 1.0) if len(found) == 1 else (None, 0.0)
    weights = evidence.weigh(said, weight)
    best = max(found.values(), key=lambda document: _about(document, weights))
    sure = _about(best, weights)
    return (best, sure) if sure >= _SURE else (None, 0.0)


def _about(document: Document, weights: Mapping[str, float]) -> float:
    """The share, in [0, 1], of the weight of the words that the document is about."""
    headline, text = fold(document.headline), fold(document.text)
    total = sum(weights.values())
    held = 0.0
    for word, value in weights.items():
        held += value * (1.0 if word in headline or text.count(word) >= _OFTEN else _NAMED if word in text else 0.0)
    return held / total if total else 0.0


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))


def _standing(document: Document, passages: Sequence[Passage], asked: Asked) -> Citation:
    """A citation of the document: of the sentence that has the names of the byline, or is nearest to the byline's line."""
    first, last = passages[0], passages[-1]
    if asked is Asked.BYLINE:
        names = bylines.names(document.byline)
        for passage in passages:
            for start, end in sentences(passage.text):
                if any(name in passage.text[start:end] for name in names):
                    return Citation(1, document, passage, start, end)
        line = int(document.metadata.get("byline_lines", "0").split("-")[0])
        if line >= last.lines[0]:
            return Citation(1, document, last, *sentences(last.text)[-1])
    return Citation(1, document, first, *sentences(first.text)[0])
