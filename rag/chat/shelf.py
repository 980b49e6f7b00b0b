"""The documents of a collection as the chat shows them, as HTML: what is held, what is being read, and how a file was understood."""

from collections.abc import Sequence
from pathlib import PurePath

from rag.chat.export import shortened
from rag.chat.html import called, lines, named, plain
from rag.chat.language import Say, chinese
from rag.library import Reading, Removal, key_of
from rag.records import Document, Holding, Passage, end_of_path

MOST = 200
"""How many sources are listed; the others are found by their names."""

MOST_SHOWN = 60_000
"""Characters of a source that are shown at once."""

FATES = {
    "added": ("已读入", "read"),
    "updated": ("已更新", "updated"),
    "unchanged": ("没有变化", "unchanged"),
    "failed": ("没有读成", "not read"),
}


def shelf(
    holdings: Sequence[Holding], removals: Sequence[Removal] = (), say: Say = chinese, *, sought: str = "", fixed: bool = False
) -> str:
    """The sources of a collection, those alone whose name has what is `sought`; what can be done with each, unless all is `fixed`."""
    found = [holding for holding in holdings if sought.strip().lower() in end_of_path(holding.source).lower()]
    documents, passages = sum(one.documents for one in found), sum(one.passages for one in found)
    back = say("撤销", "Undo")
    undo = "".join(
        f'<li>{say("已移除", "Removed ")}{plain(PurePath(one.source).name)}<a class="wish" href="#undo-{one.key}">{back}</a></li>'
        for one in removals
    )
    parts = [f'<ul class="removed">{undo}</ul>' if undo else ""]
    if not holdings:
        none = say("这个文档集里还没有文档。", "This collection holds no documents yet.")
        parts.append(f'<div class="none">{none}</div>')
    elif not found:
        none = say("没有名字里有这些字的文件。", "No file has this in its name.")
        parts.append(f'<div class="none">{none}</div>')
    else:
        counts = say(
            f"文件 {len(found)} 个，文档 {documents} 篇，段落 {passages} 个",
            f"{_some(len(found), 'file')}, {_some(documents, 'document')}, {_some(passages, 'passage')}",
        )
        parts.append(f'<p class="counts">{counts}</p>')
        parts.append(f'<ul class="held-files">{"".join(_file(holding, fixed, say) for holding in found[:MOST])}</ul>')
        if len(found) > MOST:
            more = len(found) - MOST
            left = say(f"另有 {more} 个文件，请在上面按名字找。", f"{more} more files; find them by name above.")
            parts.append(f'<p class="note">{left}</p>')
    return "".join(parts)


def _file(holding: Holding, fixed: bool, say: Say) -> str:
    key, warnings = key_of(holding.source), "；".join(holding.warnings)
    dates = holding.since if holding.since == holding.until else f"{holding.since} {say('至', 'to')} {holding.until}"
    documents, passages = _count(holding, say)
    about = [documents, passages, dates, say(f"{holding.added[:10]} 读入", f"read {holding.added[:10]}")]
    title = say("看这个文件是怎样被理解的", "See how this file was understood")
    does = [("only", say("只问它", "Ask it alone"))]
    if not fixed:
        does += [("reread", say("重读", "Read again")), ("remove", say("移除", "Remove"))]
    links = "".join(f'<a class="wish" href="#{name}-{key}">{said}</a>' for name, said in does)
    warned = f'<span class="warned">{plain(warnings)}</span>' if warnings else ""
    return (
        f'<li><a class="wish name" href="#show-{key}" title="{title}">{plain(called(holding.source))}</a>'
        f'<span class="about">{"<i>·</i>".join(plain(part) for part in about if part)}</span>'
        f'{warned}<span class="does">{links}</span></li>'
    )


def _count(holding: Holding, say: Say) -> tuple[str, str]:
    return say(f"{holding.documents} 篇", _some(holding.documents, "document")), say(
        f"{holding.passages} 段", _some(holding.passages, "passage")
    )


def _some(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def readings(states: Sequence[Reading], say: Say = chinese) -> str:
    """How far each file on its way into a collection is."""
    return f'<ul class="readings">{"".join(_reading(state, say) for state in states)}</ul>' if states else ""


def _reading(reading: Reading, say: Say) -> str:
    if reading.fate == "reading":
        far = f" {reading.done}/{reading.total}" if reading.total else ""
        said = (say("正在计算向量", "embedding") if far else say("正在读取", "reading")) + far
    elif reading.fate == "waiting":
        said = say("等待", "waiting")
    else:
        held = say("，", ", ").join(_count(reading.holding, say)) if reading.holding else ""
        warned = "；".join(reading.holding.warnings) if reading.holding else ""
        said = say("：", ": ").join(part for part in (say(*FATES[reading.fate]), reading.reason or held) if part)
        said += say(f"。注意：{warned}", f". Note: {warned}") if warned else ""
    return f'<li class="is-{reading.fate}"><b>{plain(reading.name)}</b><span>{plain(said)}</span></li>'


def understood(source: str, found: Sequence[tuple[Document, Sequence[Passage]]], say: Say = chinese) -> str:
    """How a file was understood: its documents with title, byline, section and date, their paragraphs by number and place."""
    room, shown = MOST_SHOWN, 0
    parts: list[str] = []
    for document, passages in found:
        if room <= 0:
            break
        paragraphs: list[str] = []
        heading = ""
        names = (document.title, document.byline, document.section)
        room -= sum(len(shortened(name)) for name in names)
        for passage in passages:
            room -= len(passage.text) + (len(shortened(passage.heading)) if passage.heading != heading else 0)
            if room < 0 and paragraphs:
                break
            if passage.heading and passage.heading != heading:
                paragraphs.append(f"<h4>{named(passage.heading)}</h4>")
            heading = passage.heading
            paragraphs.append(f'<p><span class="where">{passage.number}</span>{lines(passage.text)}</p>')
            shown += 1
        about = [*map(shortened, names[1:]), document.date, say(f"{len(passages)} 段", _some(len(passages), "passage"))]
        if document.repairs:
            about.append(say(f"修复 {len(document.repairs)} 处", _some(len(document.repairs), "repair")))
        warned = "".join(f'<p class="warned">{plain(warning)}</p>' for warning in document.warnings)
        parts.append(
            f'<section class="understood"><h3>《{named(document.title)}》</h3>'
            f'<div class="about">{"<i>·</i>".join(plain(part) for part in about if part)}</div>'
            f"{warned}{''.join(paragraphs)}</section>"
        )
    total = sum(len(passages) for _, passages in found)
    more = say(f"另有 {total - shown} 段没有在这里显示。", f"{total - shown} more passages are not shown here.")
    left = f'<p class="note">{more}</p>' if shown < total else ""
    back = say("返回列表", "Back to the list")
    return (
        f'<div class="head"><h3 class="title">{plain(PurePath(source).name)}</h3><a class="wish" href="#list-0">{back}</a></div>'
        f"{''.join(parts)}{left}"
    )
