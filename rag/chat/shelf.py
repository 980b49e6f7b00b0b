"""The documents of a collection as the chat shows them, as HTML: what is held, what is being read, and how a file was understood."""

from collections.abc import Sequence
from pathlib import PurePath

from rag.chat.html import lines, plain
from rag.library import Reading, Removal, key_of
from rag.records import Document, Holding, Passage, end_of_path

MOST = 200
"""How many sources are listed; the others are found by their names."""

MOST_SHOWN = 60_000
"""Characters of a source that are shown at once."""

FATES = {"added": "已读入", "updated": "已更新", "unchanged": "没有变化", "failed": "没有读成"}


def shelf(holdings: Sequence[Holding], removals: Sequence[Removal] = (), *, sought: str = "", fixed: bool = False) -> str:
    """The sources of a collection, those alone whose name has what is `sought`; what can be done with each, unless all is `fixed`."""
    found = [holding for holding in holdings if sought.strip().lower() in end_of_path(holding.source).lower()]
    documents, passages = sum(one.documents for one in found), sum(one.passages for one in found)
    undo = "".join(f'<li>已移除{plain(PurePath(one.source).name)}<a class="wish" href="#undo-{one.key}">撤销</a></li>' for one in removals)
    parts = [f'<ul class="removed">{undo}</ul>' if undo else ""]
    if not holdings:
        parts.append('<div class="none">这个文档集里还没有文档。</div>')
    elif not found:
        parts.append('<div class="none">没有名字里有这些字的文件。</div>')
    else:
        parts.append(f'<p class="counts">文件 {len(found)} 个，文档 {documents} 篇，段落 {passages} 个</p>')
        parts.append(f'<ul class="held-files">{"".join(_file(holding, fixed) for holding in found[:MOST])}</ul>')
        if len(found) > MOST:
            parts.append(f'<p class="note">另有 {len(found) - MOST} 个文件，请在上面按名字找。</p>')
    return "".join(parts)


def _file(holding: Holding, fixed: bool) -> str:
    key, warnings = key_of(holding.source), "；".join(holding.warnings)
    dates = holding.since if holding.since == holding.until else f"{holding.since} 至 {holding.until}"
    about = [f"{holding.documents} 篇", f"{holding.passages} 段", dates, f"{holding.added[:10]} 读入"]
    change = "" if fixed else f'<a class="wish" href="#reread-{key}">重读</a><a class="wish" href="#remove-{key}">移除</a>'
    warned = f'<span class="warned">{plain(warnings)}</span>' if warnings else ""
    return (
        f'<li><a class="wish name" href="#show-{key}" title="看这个文件是怎样被理解的">{plain(end_of_path(holding.source))}</a>'
        f'<span class="about">{"<i>·</i>".join(plain(part) for part in about if part)}</span>'
        f'{warned}<span class="does"><a class="wish" href="#only-{key}">只问它</a>{change}</span></li>'
    )


def readings(states: Sequence[Reading]) -> str:
    """How far each file on its way into a collection is."""
    return f'<ul class="readings">{"".join(map(_reading, states))}</ul>' if states else ""


def _reading(reading: Reading) -> str:
    if reading.fate == "reading":
        said = f"正在计算向量 {reading.done}/{reading.total}" if reading.total else "正在读取"
    elif reading.fate == "waiting":
        said = "等待"
    else:
        held = f"：{reading.holding.documents} 篇，{reading.holding.passages} 段" if reading.holding else ""
        said = FATES[reading.fate] + (f"：{reading.reason}" if reading.reason else held)
        warned = "；".join(reading.holding.warnings) if reading.holding else ""
        said += f"。注意：{warned}" if warned else ""
    return f'<li class="is-{reading.fate}"><b>{plain(reading.name)}</b><span>{plain(said)}</span></li>'


def understood(source: str, found: Sequence[tuple[Document, Sequence[Passage]]]) -> str:
    """How a file was understood: its documents with title, byline, section and date, their paragraphs by number and place."""
    room, shown = MOST_SHOWN, 0
    parts: list[str] = []
    for document, passages in found:
        if room <= 0:
            break
        paragraphs: list[str] = []
        heading = ""
        for passage in passages:
            if (room := room - len(passage.text)) < 0 and paragraphs:
                break
            if passage.heading and passage.heading != heading:
                paragraphs.append(f"<h4>{plain(passage.heading)}</h4>")
            heading = passage.heading
            paragraphs.append(f'<p><span class="where">{passage.number}</span>{lines(passage.text)}</p>')
            shown += 1
        about = [document.byline, document.section, document.date, f"{len(passages)} 段"]
        if document.repairs:
            about.append(f"修复 {len(document.repairs)} 处")
        warned = "".join(f'<p class="warned">{plain(warning)}</p>' for warning in document.warnings)
        parts.append(
            f'<section class="understood"><h3>《{plain(document.title)}》</h3>'
            f'<div class="about">{"<i>·</i>".join(plain(part) for part in about if part)}</div>'
            f"{warned}{''.join(paragraphs)}</section>"
        )
    total = sum(len(passages) for _, passages in found)
    left = f'<p class="note">另有 {total - shown} 段没有在这里显示。</p>' if shown < total else ""
    return (
        f'<div class="head"><h3 class="title">{plain(PurePath(source).name)}</h3><a class="wish" href="#list-0">返回列表</a></div>'
        f"{''.join(parts)}{left}"
    )
