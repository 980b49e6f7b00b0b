"""What the chat shows, as HTML: an answer, how sure it is and why, and the paragraphs that it cites in their articles."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePath

from rag.chat.export import as_markdown, as_plain, references, shortened
from rag.chat.language import Say, chinese
from rag.library import FILES
from rag.records import Answer, Citation, Hit, Passage, end_of_path

Article = Callable[[str], Sequence[Passage]]
"""The passages of a document by its id, in order; none where it is no longer there."""

SUPPORT = (
    (0.8, ("高", "high"), ("文档里的这些话几乎肯定回答了问题。", "What the documents say here almost certainly answers the question. ")),
    (
        0.5,
        ("中", "fair"),
        ("文档里的这些话多半回答了问题，请看一眼原文。", "What they say here most likely answers it; glance at the text. "),
    ),
    (0.0, ("低", "low"), ("文档里的这些话可能回答了问题，请核对原文。", "What they say here may answer it; check the text. ")),
)
"""The word for how surely the documents answer and what it means, by the least support it is used for."""

PARTS = {
    "vector": ("语义", "meaning"),
    "terms": ("词语", "words"),
    "coverage": ("覆盖", "coverage"),
    "proximity": ("同句", "nearness"),
    "phrase": ("连写", "phrase"),
    "reading": ("阅读", "reading"),
}
"""What the parts of a hit's score are called."""

STAGES = {
    "encode": ("编码", "encoding"),
    "search": ("检索", "search"),
    "read": ("阅读", "reading"),
    "answer": ("作答", "answer"),
    "write": ("撰写", "writing"),
    "total": ("共", "in all"),
}
"""What the stages of an answer are called."""

MOST_AROUND = 12_000
"""Characters of an article that are shown before a cited paragraph, and behind it."""

_TENTHS = 10

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of all that follows, be it theirs or ours."""


def plain(text: str) -> str:
    """`text` as HTML and Markdown that show it and do nothing else.

    Every ASCII mark becomes a character reference, so no tag, link, image, emphasis, formula or template can begin; line ends
    become <br>, since a blank line would end the HTML block for the Markdown parser.
    """
    return lines(text.strip())


def lines(text: str) -> str:
    """As `plain`, with the white space at either end: a stretch of a paragraph."""
    marked = re.sub(r"[!-/:-@\[-`{-~]", lambda mark: f"&#{ord(mark[0])};", text)
    shown = "<br>".join(re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", marked))
    return f"<bdi>{shown}</bdi>" if _TURNING.search(shown) else shown


def named(name: str) -> str:
    """As `plain`, what a document calls itself, its writer or its parts, as far as that may be long."""
    return plain(shortened(name))


def called(source: str) -> str:
    """What a file is called: by its name and the folder above it, which tells files of one name apart; by its name alone in the folder
    that every upload comes to."""
    path = PurePath(source)
    return path.name if path.parent.name == FILES else end_of_path(source)


def reply(answer: Answer, turn: int, say: Say = chinese) -> str:
    """What the answer says as HTML, each statement followed by links to the cards of `turn`, below a follow-up as it was understood."""
    parts = [f'<p class="note">{say("理解为：", "Understood as: ")}{plain(answer.understood)}</p>'] if answer.understood else []
    if answer.refused:
        refused = say("文档没有回答这个问题", "The documents do not answer this")
        parts += [f'<p class="refusal">{refused}</p>', f"<p>{_marked(answer.reason, turn)}</p>"]
        if answer.nearest:
            nearest = "".join(f"<li>{_where(c)}：{_quoted(c)}{_link(c, turn)}</li>" for c in answer.nearest)
            parts.append(f'<p class="nearest">{say("最接近的段落", "What comes nearest")}</p><ul>{nearest}</ul>')
        return f'<div class="answer">{"".join(parts)}</div>'
    said = "".join(f"<span>{plain(s.text)}{''.join(_link(c, turn) for c in s.citations)}</span>" for s in answer.statements)
    if answer.short:
        parts.append(f'<p class="short">{plain(answer.short)}</p>')
    parts.append(f'<p class="said">{said}</p>')
    parts += [f'<p class="conflict">{_marked(conflict, turn)}</p>' for conflict in answer.conflicts]
    parts += [f'<p class="note">{_marked(note, turn)}</p>' for note in (answer.reason, answer.note) if note]
    return f'<div class="answer">{"".join(parts)}</div>'


def ending(answer: Answer, turn: int, say: Say = chinese, *, judged: bool = False) -> str:
    """What stands below a whole answer: how sure it is, what can be done with it, and why it was given; where it is `judged`, by whom
    it was asked may say whether it is good."""
    question = f'<span id="asked-{turn}" class="held">{plain(answer.question)}</span>'
    links = (("again", "asked", say("再问一次", "Ask again")), ("edit", "asked", say("改问", "Change")))
    judges = (("judge", "good", say("有用", "Useful")), ("judge", "bad", say("没用", "Not useful")))
    again, good = (
        "".join(f'<a class="{kind}" href="#{name}-{turn}">{said}</a>' for kind, name, said in ones)
        for ones in (links, judges if judged else ())
    )
    acts = f'<p class="acts">{_copies(answer, turn, say)}{again}{question}{good}</p>'
    return f'<div class="ending">{_support(answer, say)}{acts}{_why(answer, say)}</div>'


def _support(answer: Answer, say: Say) -> str:
    """How surely the documents answer: a word and a bar, with what it means; nothing for a refusal."""
    if answer.refused:
        return ""
    word, meaning = next((word, meaning) for least, word, meaning in SUPPORT if answer.support >= least)
    tenths = max(1, round(answer.support * _TENTHS))
    calibrated = say(
        "支持度按标注过答案的问题校准，不判断文档的真伪。",
        "It is calibrated on questions whose answers are known, and says nothing of whether the documents are right.",
    )
    return (
        f'<details class="support"><summary>{say("支持度：", "Support: ")}{say(*word)}{_bar(tenths)}</summary>'
        f'<p class="note">{say(*meaning)}{calibrated}</p></details>'
    )


def _copies(answer: Answer, turn: int, say: Say) -> str:
    """Links that copy the answer in one of three forms, each with what it copies, which is held out of sight."""
    if answer.refused:  # is exported with the conversation, and not offered to be copied
        return f'<span id="copy-{turn}-markdown" class="held">{_held(as_markdown(answer))}</span>'
    forms = (
        ("plain", say("复制", "Copy"), as_plain(answer)),
        ("markdown", "Markdown", as_markdown(answer)),
        ("references", say("参考文献", "References"), references(answer)),
    )
    title = say("复制到剪贴板", "Copy to the clipboard")
    links = "".join(f'<a class="copy" href="#copy-{turn}-{name}" title="{title}">{label}</a>' for name, label, _ in forms)
    texts = "".join(f'<span id="copy-{turn}-{name}" class="held">{_held(text)}</span>' for name, _, text in forms)
    return f"{links}{texts}"


def _held(text: str) -> str:
    """Text out of sight, each of its line ends as <br>."""
    return "<br>".join(map(lines, text.split("\n")))


def _why(answer: Answer, say: Say) -> str:
    """The passages that were found, what their scores are made of, and how long each stage took."""
    if not answer.hits:
        return ""
    rows = "".join(_hit(hit, say) for hit in answer.hits)
    second = say("秒", "s")
    taken = say("，", ", ").join(f"{say(*STAGES[name])} {value:.2f} {second}" for name, value in answer.seconds.items() if name in STAGES)
    heads = "".join(f"<th>{head}</th>" for head in (say("段落", "Passage"), say("得分", "Score"), say("由来", "Made of")))
    return (
        f'<details class="why"><summary>{say("为什么这样回答", "Why this answer")}</summary>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="note">{taken}</p></details>'
    )


def _hit(hit: Hit, say: Say) -> str:
    bars = "".join(
        f'<span class="part">{say(*PARTS[name])}{_bar(min(_TENTHS, max(0, round(value * _TENTHS))))}</span>'
        for name, value in hit.parts.items()
        if name in PARTS
    )
    where = f"《{named(hit.document.title)}》第{hit.passage.number}段"
    return f'<tr><td>{where}</td><td class="score">{hit.score:.2f}</td><td>{bars}</td></tr>'


def _bar(tenths: int) -> str:
    """A bar of so many tenths, which a screen reader reads as a number."""
    return f'<span class="bar"><i class="of-{tenths}"></i></span><span class="unseen">（{tenths}/10）</span>'


def cards(answer: Answer, turn: int, article: Article, say: Say = chinese) -> str:
    """The cited paragraphs as HTML, one card for each marker, each within its article."""
    return "".join(_card(citation, turn, article(citation.document.id), say) for citation in answer.citations)


def _card(citation: Citation, turn: int, article: Sequence[Passage], say: Say) -> str:
    document, passage, marker = citation.document, citation.passage, citation.marker
    about = [*map(named, (document.byline, document.date, document.section, passage.heading)), f"第{passage.number}段"]
    first, last = passage.lines
    # In a file of pages nobody counts lines.
    stands = f"第{'、'.join(map(str, passage.pages))}页" if passage.pages else f"第{first}{f'–{last}' if last != first else ''}行"
    place = f"{plain(called(document.source))} {stands}"
    text = lines(passage.text[: citation.start]) + f"<mark>{plain(citation.quote)}</mark>" + lines(passage.text[citation.end :])
    before = [other for other in article if other.start < passage.start]
    after = [other for other in article if other.start > passage.start]
    return (
        f'<article class="card" id="cite-{turn}-{marker}" tabindex="-1">'
        f'<div class="head"><h3 class="title"><span class="number">[{marker}]</span>《{named(document.title)}》</h3>'
        f'<a class="back" href="#from-{turn}-{marker}">{say("返回回答", "Back to the answer")}</a></div>'
        f'<div class="about">{"<i>·</i>".join(f"<span>{part}</span>" for part in about if part)}</div>'
        f"{_around(before[::-1], say('前文', 'Before'), say)}"
        f'<p class="text">{text}</p>{_sheet(citation, turn, say)}'
        f"{_around(after, say('后文', 'After'), say)}"
        f'<div class="place">{place}</div></article>'
    )


def _sheet(citation: Citation, turn: int, say: Say) -> str:
    """Where the picture of the page is to stand; nothing for a file without pages."""
    if not citation.boxes:
        return ""
    name, page = f"sheet-{turn}-{citation.marker}", citation.boxes[0][0]
    said = say(f"看第{page}页原样", f"See page {page} as printed")
    return f'<div class="sheet" id="{name}"><a class="wish" href="#{name}">{said}</a></div>'


def conversations(listed: Sequence[tuple[int, str, str]], current: int | None, say: Say = chinese) -> str:
    """The list of conversations as HTML: of each its id, its name and when it last went on (ISO 8601); the current one is marked."""
    if not listed:
        none = say("还没有对话。问过的会留在这里。", "No conversations yet. What you ask is kept here.")
        return f'<div class="none">{none}</div>'
    drop, tip = say("删除", "Delete"), say("删除这个对话", "Delete this conversation")
    rows = "".join(
        f'<li class="{"current" if key == current else "other"}"><a class="open" href="#open-{key}">{plain(title)}</a>'
        f'<span>{plain(updated[:10])}</span><a class="drop" href="#drop-{key}" title="{tip}">{drop}</a></li>'
        for key, title, updated in listed
    )
    return f'<ul class="past">{rows}</ul>'


def _around(others: Sequence[Passage], name: str, say: Say) -> str:
    """The paragraphs before or behind a cited one, the nearest first in `others`, folded; under the sub-heads that they stand under."""
    shown: list[Passage] = []
    room, heading = MOST_AROUND, ""
    for other in others:
        room -= len(other.text) + (len(shortened(other.heading)) if other.heading != heading else 0)
        if room < 0:
            break
        heading = other.heading
        shown.append(other)
    if not others:
        return ""
    shown.sort(key=lambda passage: passage.start)
    parts, heading = [], ""
    for passage in shown:
        if passage.heading and passage.heading != heading:
            parts.append(f"<h4>{named(passage.heading)}</h4>")
        heading = passage.heading
        parts.append(f"<p>{lines(passage.text)}</p>")
    more = len(others) - len(shown)
    left = f"<p>{say(f'（另有{more}段，请看原文件。）', f'({more} more; see the file itself.)')}</p>" if more else ""
    return f'<details class="around"><summary>{name} {len(others)} {say("段", "paragraphs")}</summary>{"".join(parts)}{left}</details>'


def _link(citation: Citation, turn: int) -> str:
    return f'<a class="cite" href="#cite-{turn}-{citation.marker}">[{citation.marker}]</a>'


def _marked(text: str, turn: int) -> str:
    """A sentence of ours with markers in it, those being links."""
    pieces = re.split(r"\[(\d+)\]", text)
    return "".join(
        f'<a class="cite" href="#cite-{turn}-{piece}">[{piece}]</a>' if place % 2 else plain(piece) for place, piece in enumerate(pieces)
    )


def _where(citation: Citation) -> str:
    return f"《{named(citation.document.title)}》第{citation.passage.number}段"


def _quoted(citation: Citation) -> str:
    return f"“{plain(citation.quote)}”"
