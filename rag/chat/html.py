"""What the chat shows, as HTML: an answer, how sure it is and why, and the paragraphs that it cites in their articles."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePath

from rag.chat.export import as_markdown, as_plain, references
from rag.records import Answer, Citation, Hit, Passage

Article = Callable[[str], Sequence[Passage]]
"""The passages of a document by its id, in order; none where it is no longer there."""

SUPPORT = (
    (0.8, "高", "文档里的这些话几乎肯定回答了问题。"),
    (0.5, "中", "文档里的这些话多半回答了问题，请看一眼原文。"),
    (0.0, "低", "文档里的这些话可能回答了问题，请核对原文。"),
)
"""The word for how surely the documents answer and what it means, by the least support it is used for."""

PARTS = {"vector": "语义", "terms": "词语", "coverage": "覆盖", "proximity": "同句", "phrase": "连写", "reading": "阅读"}
"""What the parts of a hit's score are called."""

STAGES = {"encode": "编码", "search": "检索", "read": "阅读", "answer": "作答", "write": "撰写", "total": "共"}
"""What the stages of an answer are called."""

MOST_AROUND = 12_000
"""Characters of an article that are shown before a cited paragraph, and behind it."""

_TENTHS = 10


def plain(text: str) -> str:
    """`text` as HTML and Markdown that show it and do nothing else.

    Every ASCII mark becomes a character reference, so no tag, link, image, emphasis, formula or template can begin; line ends
    become <br>, since a blank line would end the HTML block for the Markdown parser.
    """
    return lines(text.strip())


def lines(text: str) -> str:
    """As `plain`, with the white space at either end: a stretch of a paragraph."""
    marked = re.sub(r"[!-/:-@\[-`{-~]", lambda mark: f"&#{ord(mark[0])};", text)
    return "<br>".join(re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", marked))


def reply(answer: Answer, turn: int) -> str:
    """What the answer says as HTML, each statement followed by links to the cards of `turn`, below a follow-up as it was understood."""
    parts = [f'<p class="note">理解为：{plain(answer.understood)}</p>'] if answer.understood else []
    if answer.refused:
        parts += ['<p class="refusal">文档没有回答这个问题</p>', f"<p>{_marked(answer.reason, turn)}</p>"]
        if answer.nearest:
            nearest = "".join(f"<li>{_where(c)}：{_quoted(c)}{_link(c, turn)}</li>" for c in answer.nearest)
            parts.append(f'<p class="nearest">最接近的段落</p><ul>{nearest}</ul>')
        return f'<div class="answer">{"".join(parts)}</div>'
    said = "".join(f"<span>{plain(s.text)}{''.join(_link(c, turn) for c in s.citations)}</span>" for s in answer.statements)
    if answer.short:
        parts.append(f'<p class="short">{plain(answer.short)}</p>')
    parts.append(f'<p class="said">{said}</p>')
    parts += [f'<p class="conflict">{_marked(conflict, turn)}</p>' for conflict in answer.conflicts]
    parts += [f'<p class="note">{_marked(note, turn)}</p>' for note in (answer.reason, answer.note) if note]
    return f'<div class="answer">{"".join(parts)}</div>'


def ending(answer: Answer, turn: int, *, judged: bool = False) -> str:
    """What stands below a whole answer: how sure it is, what can be done with it, and why it was given; where it is `judged`, by whom
    it was asked may say whether it is good."""
    question = f'<span id="asked-{turn}" class="held">{plain(answer.question)}</span>'
    again = f'<a class="again" href="#asked-{turn}">再问一次</a><a class="edit" href="#asked-{turn}">改问</a>{question}'
    good = f'<a class="judge" href="#good-{turn}">有用</a><a class="judge" href="#bad-{turn}">没用</a>' if judged else ""
    acts = f'<p class="acts">{_copies(answer, turn)}{again}{good}</p>'
    return f'<div class="ending">{_support(answer)}{acts}{_why(answer)}</div>'


def _support(answer: Answer) -> str:
    """How surely the documents answer: a word and a bar, with what it means; nothing for a refusal."""
    if answer.refused:
        return ""
    word, meaning = next((word, meaning) for least, word, meaning in SUPPORT if answer.support >= least)
    tenths = max(1, round(answer.support * _TENTHS))
    return (
        f'<details class="support"><summary>支持度：{word}{_bar(tenths)}</summary>'
        f'<p class="note">{meaning}支持度按标注过答案的问题校准，不判断文档的真伪。</p></details>'
    )


def _copies(answer: Answer, turn: int) -> str:
    """Links that copy the answer in one of three forms, each with what it copies, which is held out of sight."""
    if answer.refused:
        return ""
    forms = (
        ("plain", "复制", as_plain(answer)),
        ("markdown", "Markdown", as_markdown(answer)),
        ("references", "参考文献", references(answer)),
    )
    links = "".join(f'<a class="copy" href="#copy-{turn}-{name}" title="复制到剪贴板">{label}</a>' for name, label, _ in forms)
    texts = "".join(f'<span id="copy-{turn}-{name}" class="held">{_held(text)}</span>' for name, _, text in forms)
    return f"{links}{texts}"


def _held(text: str) -> str:
    """Text out of sight, each of its line ends as <br>."""
    return "<br>".join(map(lines, text.split("\n")))


def _why(answer: Answer) -> str:
    """The passages that were found, what their scores are made of, and how long each stage took."""
    if not answer.hits:
        return ""
    rows = "".join(_hit(hit) for hit in answer.hits)
    taken = "，".join(f"{STAGES[name]} {value:.2f} 秒" for name, value in answer.seconds.items() if name in STAGES)
    return (
        '<details class="why"><summary>为什么这样回答</summary>'
        f"<table><thead><tr><th>段落</th><th>得分</th><th>由来</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="note">{taken}</p></details>'
    )


def _hit(hit: Hit) -> str:
    bars = "".join(
        f'<span class="part">{PARTS[name]}{_bar(min(_TENTHS, max(0, round(value * _TENTHS))))}</span>'
        for name, value in hit.parts.items()
        if name in PARTS
    )
    where = f"《{plain(hit.document.title)}》第{hit.passage.number}段"
    return f'<tr><td>{where}</td><td class="score">{hit.score:.2f}</td><td>{bars}</td></tr>'


def _bar(tenths: int) -> str:
    """A bar of so many tenths, which a screen reader reads as a number."""
    return f'<span class="bar"><i class="of-{tenths}"></i></span><span class="unseen">（{tenths}/10）</span>'


def cards(answer: Answer, turn: int, article: Article) -> str:
    """The cited paragraphs as HTML, one card for each marker, each within its article."""
    return "".join(_card(citation, turn, article(citation.document.id)) for citation in answer.citations)


def _card(citation: Citation, turn: int, article: Sequence[Passage]) -> str:
    document, passage, marker = citation.document, citation.passage, citation.marker
    about = [document.byline, document.date, document.section, passage.heading, f"第{passage.number}段"]
    first, last = passage.lines
    # In a file of pages nobody counts lines.
    stands = f"第{'、'.join(map(str, passage.pages))}页" if passage.pages else f"第{first}{f'–{last}' if last != first else ''}行"
    # The folder above tells files of one name apart; the rest of the path is the server's own affair.
    place = f"{'/'.join(PurePath(document.source).parts[-2:])} {stands}"
    text = lines(passage.text[: citation.start]) + f"<mark>{plain(citation.quote)}</mark>" + lines(passage.text[citation.end :])
    before = [other for other in article if other.start < passage.start]
    after = [other for other in article if other.start > passage.start]
    return (
        f'<article class="card" id="cite-{turn}-{marker}" tabindex="-1">'
        f'<div class="head"><h3 class="title"><span class="number">[{marker}]</span>《{plain(document.title)}》</h3>'
        f'<a class="back" href="#from-{turn}-{marker}">返回回答</a></div>'
        f'<div class="about">{"<i>·</i>".join(f"<span>{plain(part)}</span>" for part in about if part)}</div>'
        f"{_around(before[::-1], '前文')}"
        f'<p class="text">{text}</p>{_sheet(citation, turn)}'
        f"{_around(after, '后文')}"
        f'<div class="place">{plain(place)}</div></article>'
    )


def _sheet(citation: Citation, turn: int) -> str:
    """Where the picture of the page is to stand; nothing for a file without pages."""
    if not citation.boxes:
        return ""
    name, page = f"sheet-{turn}-{citation.marker}", citation.boxes[0][0]
    return f'<div class="sheet" id="{name}"><a class="wish" href="#{name}">看第{page}页原样</a></div>'


def conversations(listed: Sequence[tuple[int, str, str]], current: int | None) -> str:
    """The list of conversations as HTML: of each its id, its name and when it last went on (ISO 8601); the current one is marked."""
    if not listed:
        return '<div class="none">还没有对话。问过的会留在这里。</div>'
    rows = "".join(
        f'<li class="{"current" if key == current else "other"}"><a class="open" href="#open-{key}">{plain(title)}</a>'
        f'<span>{plain(updated[:10])}</span><a class="drop" href="#drop-{key}" title="删除这个对话">删除</a></li>'
        for key, title, updated in listed
    )
    return f'<ul class="past">{rows}</ul>'


def _around(others: Sequence[Passage], name: str) -> str:
    """The paragraphs before or behind a cited one, the nearest first in `others`, folded; under the sub-heads that they stand under."""
    shown: list[Passage] = []
    room = MOST_AROUND
    for other in others:
        if (room := room - len(other.text)) < 0:
            break
        shown.append(other)
    if not others:
        return ""
    shown.sort(key=lambda passage: passage.start)
    parts, heading = [], ""
    for passage in shown:
        if passage.heading and passage.heading != heading:
            parts.append(f"<h4>{plain(passage.heading)}</h4>")
        heading = passage.heading
        parts.append(f"<p>{lines(passage.text)}</p>")
    left = f"<p>（另有{len(others) - len(shown)}段，请看原文件。）</p>" if len(shown) < len(others) else ""
    return f'<details class="around"><summary>{name} {len(others)} 段</summary>{"".join(parts)}{left}</details>'


def _link(citation: Citation, turn: int) -> str:
    return f'<a class="cite" href="#cite-{turn}-{citation.marker}">[{citation.marker}]</a>'


def _marked(text: str, turn: int) -> str:
    """A sentence of ours with markers in it, those being links."""
    pieces = re.split(r"\[(\d+)\]", text)
    return "".join(
        f'<a class="cite" href="#cite-{turn}-{piece}">[{piece}]</a>' if place % 2 else plain(piece) for place, piece in enumerate(pieces)
    )


def _where(citation: Citation) -> str:
    return f"《{plain(citation.document.title)}》第{citation.passage.number}段"


def _quoted(citation: Citation) -> str:
    return f"“{plain(citation.quote)}”"
