"""Makes newspaper pages of public news texts, with all that is known of them: articles, paragraphs, headlines, and garbled marks."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.founder_pages import ALL, garbled
from benchmarks.shared import rows, shared
from rag.chinese.names import SURNAMES
from rag.chinese.sentences import clauses, sentences
from rag.chinese.terms import words
from rag.chinese.width import is_han

_PREAMBLE = re.compile(r"^.{0,40}?正文：|[（(][^（）()。]{2,20}[）)]\s*$")
_NEVER_FIRST = frozenset("，。、；：！？…”’）》】·%％,.;:!?)")
_NEVER_LAST = frozenset("“‘（《【(")
_GIVEN = "明华强伟芳敏静丽军杰涛超勇娟艳霞磊洋辉鹏宇晨欣佳雨思文博志建国平玉兰春海"
_SECTIONS = ("产经", "要闻", "民生", "科技", "财经", "文化", "综合", "国际")
_SHORTEST, _LONGEST = 150, 1_500


@dataclass(frozen=True, slots=True)
class MadeArticle:
    """An article: its paragraphs and, by the number of the paragraph they stand before, its sub-heads."""

    headline: str
    byline: str
    paragraphs: tuple[str, ...]
    subheads: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page of articles as it comes out of a PDF; `marks` are the garbled ones by their position in `text`."""

    articles: tuple[MadeArticle, ...]
    section: str
    text: str
    marks: dict[int, str]
    rate: float
    trailing: bool
    indents: str
    bylines: bool


def articles_of_news(rng: random.Random, *, subheads: bool) -> Iterator[MadeArticle]:
    """Articles made of the texts of ../shared/data/news, in an order of `rng`, for as long as there are any."""
    texts = [_PREAMBLE.sub("", row["text"]).replace("\n", "") for row in rows(shared() / "data" / "news" / "corpus.jsonl")]
    rng.shuffle(texts)
    for text in texts:
        text = text.strip()
        if _SHORTEST <= len(text) <= _LONGEST and (article := _article(text, rng, subheads)):
            yield article


def made_pages(
    count: int,
    seed: int,
    *,
    indents: Sequence[str] = ("kept", "lost"),
    subheads: bool = False,
    bylines: bool = True,
    rates: tuple[float, float] = (0.05, 0.30),
) -> Iterator[MadePage]:
    """`count` pages of three to six articles each, in columns of 13 to 40 cells, with all that extraction does to them.

    `indents` are "kept" (white space before a first line), "lost" (the line is shorter by it, and begins like any other) or "none"
    (first lines are as long as others); `rates` bound the share of marks garbled on a page.
    """
    rng = random.Random(seed)
    made = articles_of_news(rng, subheads=subheads)
    for _ in range(count):
        yield _page([next(made) for _ in range(rng.randint(3, 6))], rng, bylines, rng.choice(indents), rng.uniform(*rates))


def _article(text: str, rng: random.Random, subheads: bool) -> MadeArticle | None:
    ranges = list(sentences(text))
    groups: list[str] = []
    at = 0
    while at < len(ranges):
        taken = ranges[at : at + rng.randint(1, 5)]
        groups.append(text[taken[0][0] : taken[-1][1]])
        at += len(taken)
    headline = _shortened(text, rng, 10, 26)
    # What ends in no stop is the stump of a text, which no setter would have let through.
    if len(groups) < 2 or not headline or not all(group.endswith(("。", "！", "？", "”", "）")) for group in groups):
        return None
    heads = {n: head for n in range(2, len(groups) - 1, 3) if subheads and (head := _shortened(groups[n], rng, 5, 11))}
    byline = " ".join(rng.choice(sorted(SURNAMES)) + "".join(rng.sample(_GIVEN, rng.randint(1, 2))) for _ in range(rng.choice((1, 1, 2))))
    return MadeArticle(headline, byline, tuple(groups), heads)


def _shortened(text: str, rng: random.Random, least: int, most: int) -> str:
    """A clause of the text with a few of its words left out; "" where no clause is fit for a headline."""
    fit = [text[start:end].strip("，。；：！？、 ") for start, end in clauses(text)]
    # No headline is a time of day or a quotation: of its characters most are Han, and no mark stands among them.
    fit = [clause for clause in fit if least <= len(clause) <= most + 6 and re.fullmatch(r"[\u4e00-\u9fffA-Za-z0-9.%]+", clause)]
    fit = [clause for clause in fit if 3 * sum(map(is_han, clause)) >= 2 * len(clause)]
    rng.shuffle(fit)
    for clause in fit:
        kept = [word for word in words(clause) if rng.random() > 0.15]
        if least <= len("".join(kept)) <= most:
            return "".join(kept)
    return ""


def _page(articles: Sequence[MadeArticle], rng: random.Random, bylines: bool, indents: str, rate: float) -> MadePage:
    width = rng.randint(13, 40)
    trailing = rng.random() < 0.5
    gaps, spaced = rng.uniform(0.0, 0.15), rng.random() < 0.5
    section = rng.choice(_SECTIONS)
    lines = [f"{rng.randint(1, 16)} {section}"]
    for article in articles:
        if not trailing:
            lines += _set_headline(article.headline, width)
        for number, paragraph in enumerate(article.paragraphs):
            if number in article.subheads:
                lines += wrap(article.subheads[number], 0.8 * width, 0)
            paragraph = re.sub(r"(?<=[\u4e00-\u9fff])(?=\d)", " ", paragraph) if spaced else paragraph
            first, *others = wrap(paragraph, width, 0 if indents == "none" else 2)
            lines += [("\u3000\u3000" if indents == "kept" else "") + first, *others]
        if bylines:
            lines.append(f"（{'记者 ' if rng.random() < 0.4 else ''}{article.byline}）")
    if trailing:
        shuffled = list(articles)
        rng.shuffle(shuffled)
        for article in shuffled:
            lines += _set_headline(article.headline, width)
    clean = "".join(line + "\n" + ("\n" if rng.random() < gaps else "") for line in lines)
    text, marks = garbled(clean, rate, rng, ALL)
    return MadePage(tuple(articles), section, text, marks, rate, trailing, indents, bylines)


def _set_headline(headline: str, width: int) -> list[str]:
    """The lines of a headline: type twice as large has room for half as much, or it runs over several columns."""
    return wrap(headline, max(width * 0.75, 12), 0)


def wrap(paragraph: str, width: float, indent: float) -> list[str]:
    """A paragraph in lines of at most `width` cells, the first of them shorter by `indent`, as typesetters break them.

    No mark that closes begins a line and none that opens ends one; a figure or a word of letters stays whole where it fits.
    """
    tokens = re.findall(r"[A-Za-z0-9.%+\-]+|.", paragraph)
    lines: list[str] = []
    line, room = "", width - indent
    for token in tokens:
        cells = _cells(token)
        if line and cells > room and token not in _NEVER_FIRST:
            carried = ""
            while line and line[-1] in _NEVER_LAST:
                carried, line = line[-1] + carried, line[:-1]
            lines.append(line.rstrip())
            line, room = carried, width - _cells(carried)
        if not (token == " " and not line):
            line += token
            room -= cells
    return [*lines, line]


def _cells(text: str) -> float:
    return sum(0.25 if c == " " else 0.5 if c.isascii() else 1.0 for c in text)
