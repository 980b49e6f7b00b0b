"""How well files are read: a real newspaper page, made pages as text and in print, other tools beside: python -m benchmarks.documents."""

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.boundaries import Score, score
from benchmarks.document_costs import costs_table
from benchmarks.document_peers import peers_table
from benchmarks.founder_pages import MAIN, Counts, Page, counts_by_rate, repair_counts
from benchmarks.made_pages import MadeArticle, MadePage, made_pages
from benchmarks.printed import PrintedArticle, PrintedPage, printed
from benchmarks.shared import keep, rows, shared
from rag.documents import read
from rag.documents.founder import repairs
from rag.passages import passages
from rag.records import Document

SEED = 20_231_101
PAGES, PRINTED = 300, 40
CLEAN = 10_000


def main() -> None:
    """Measure every part, print the tables and keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument(
        "--peers", type=Path, metavar="DIR", help="compare with other tools, each in a virtual environment in DIR (made if missing)"
    )
    options = parser.parse_args()
    sections: list[tuple[str, Callable[[], str]]] = [
        ("The gold page", gold_table),
        ("Made pages of text", made_table),
        ("Founder repair", repair_table),
        ("Printed pages (PDF by Chromium)", printed_table),
        ("Time and memory", costs_table),
    ]
    if options.peers:
        sections.append(("Other tools on the same pages", lambda: peers_table(options.peers, *_pages_for_peers())))
    text = "\n\n".join(f"## {title}\n\n{table()}" for title, table in sections)
    keep("documents", text)


# The gold page


def gold_table() -> str:
    """What of gold/page_gold.json comes back exactly."""
    folder = shared() / "gold"
    gold = json.loads((folder / "page_gold.json").read_text(encoding="utf-8"))
    found = read(folder / "page.txt")
    pairs = list(zip(gold["articles"], found, strict=False))
    paragraphs = [(p["text"], p["subhead"] or "") for a in gold["articles"] for p in a["paragraphs"]]
    read_as = [(p.text, p.heading) for d in found for p in passages(d)]
    made = Counter((r.line, r.column, r.raw, r.repaired) for d in found for r in d.repairs)
    wanted = Counter((r["line"], r["col"], r["raw"], r["repaired"]) for r in gold["repairs"])
    kinds = Counter(r["kind"] for r in gold["repairs"])
    right = Counter(r["kind"] for r in gold["repairs"] if made[r["line"], r["col"], r["raw"], r["repaired"]])
    heads = [head for article in gold["articles"] for head in article["subheads"]]
    lines = [
        "| part | right | of |",
        "|---|---|---|",
        f"| paragraphs, text and boundaries | {sum(a == b for a, b in zip(paragraphs, read_as, strict=False))} | {len(paragraphs)} |",
        f"| headlines | {sum(a['headline'] == d.title for a, d in pairs)} | {len(gold['articles'])} |",
        f"| bylines | {sum(a['byline'] == d.byline for a, d in pairs)} | {len(gold['articles'])} |",
        f"| sub-heads | {len(set(heads) & {d.text[h.start : h.end] for d in found for h in d.headings})} | {len(heads)} |",
        *(f"| repairs, {kind} | {right[kind]} | {count} |" for kind, count in sorted(kinds.items())),
        f"| repairs that are none of these | {sum((made - wanted).values())} | 0 |",
    ]
    return "\n".join(lines)


# Made pages


@dataclass(slots=True)
class _Tally:
    """What was measured over pages: boundaries, and headlines that came to their article."""

    boundaries: Score = field(default_factory=Score)
    headlines: int = 0
    assigned: int = 0

    def add(self, other: "_Tally") -> None:
        self.boundaries.add(other.boundaries)
        self.headlines += other.headlines
        self.assigned += other.assigned


def made_table() -> str:
    """Boundaries and headlines of made pages, by what was done to them."""
    tallies: dict[str, _Tally] = {}

    def measure(name: str, pages: Iterator[MadePage], *, parts: bool = False) -> None:
        for page in pages:
            tally = _tally(page)
            names = [name]
            if parts:
                names += [f"– indents {page.indents}", f"– headlines {'trailing' if page.trailing else 'leading'}"]
                least = 5 * int(page.rate * 20)
                names.append(f"– {least:2}–{least + 5} % of the marks garbled")
            for one in names:
                tallies.setdefault(one, _Tally()).add(tally)

    measure("as asked for", made_pages(PAGES, SEED), parts=True)
    measure("the same, no mark garbled", made_pages(PAGES, SEED, rates=(0, 0)))
    measure("with sub-heads", made_pages(PAGES // 3, SEED + 1, subheads=True))
    measure("without bylines", made_pages(PAGES // 3, SEED + 2, bylines=False))
    measure("no indents at all", made_pages(PAGES // 3, SEED + 3, indents=("none",)))
    first, *others = tallies
    lines = [
        f"{PAGES} pages ({PAGES // 3} in the last three rows, which nobody asked for) of three to six articles. "
        "Asked for: boundary F1 0.985, headlines 0.980.",
        "",
        "| pages | boundaries | F1 | precision | recall | paragraphs whole | headlines assigned |",
        "|---|---|---|---|---|---|---|",
    ]
    order = [first, *sorted(name for name in others if name.startswith("–")), *(name for name in others if not name.startswith("–"))]
    for name in order:
        b, t = tallies[name].boundaries, tallies[name]
        lines.append(
            f"| {name} | {b.made} | {b.f1:.4f} | {b.both / b.found:.4f} | {b.both / b.made:.4f} | {b.whole / b.paragraphs:.4f} "
            f"| {t.assigned / t.headlines:.4f} |"
        )
    return "\n".join(lines)


def _tally(page: MadePage) -> _Tally:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.txt"
        path.write_text(page.text, encoding="utf-8")
        found = read(path)
    units = [unit for document in found for unit in found_units(document, title=not page.trailing)]
    assigned = sum(any(_same(d.title, a.headline) and _holds(d, a) for d in found) for a in page.articles)
    return _Tally(score(list(made_units(page)), units), len(page.articles), assigned)


def made_units(page: MadePage) -> Iterator[str]:
    """What a made page consists of, in its order; trailing headlines are left out, being nobody's neighbours."""
    for article in page.articles:
        if not page.trailing:
            yield article.headline
        for number, paragraph in enumerate(article.paragraphs):
            if number in article.subheads:
                yield article.subheads[number]
            yield paragraph
        if page.bylines:
            yield article.byline


def found_units(document: Document, *, title: bool) -> Iterator[str]:
    """What a document consists of, in the order of its page."""
    if title and "title_lines" in document.metadata:
        yield document.title
    yield from document.text.split("\n")
    if document.byline:
        yield document.byline


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _holds(document: Document, article: MadeArticle) -> bool:
    """Whether the document begins and ends as the article does, marks aside."""
    text = _letters(document.text)
    return _letters(article.paragraphs[0])[:6] in text and _letters(article.paragraphs[-1])[-6:] in text


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


# Founder repair


def repair_table() -> str:
    """Precision and recall of the repair on the made pages, and what it changes in clean texts."""
    pages = [Page(page.text, page.marks, page.rate) for page in made_pages(PAGES, SEED)]
    results = [(page, repair_counts(page, repairs(page.text))) for page in pages]
    total = Counts()
    for _, counts in results:
        total.add(counts)
    lines = [
        "Asked for: precision 0.999, recall 0.95.",
        "",
        "| marks garbled | garbled | precision | recall |",
        "|---|---|---|---|",
        f"| 5–30 % | {total.garbled.total()} | {total.precision():.5f} | {total.recall():.4f} |",
    ]
    for (low, high), counts in counts_by_rate(results).items():
        lines.append(f"| {low:.0%}–{high:.0%} | {counts.garbled.total()} | {counts.precision():.5f} | {counts.recall():.4f} |")
    lines += ["", "| mark | garbled | precision | recall |", "|---|---|---|---|"]
    for mark, count in total.garbled.most_common():
        lines.append(f"| {mark} | {count} | {total.precision(mark):.4f} | {total.recall(mark):.4f} |")
    main = sum(total.right[m] for m in MAIN) / sum(total.garbled[m] for m in MAIN)
    lines += ["", f"The marks {MAIN} alone: recall {main:.4f}.", "", *_clean()]
    return "\n".join(lines)


def _clean() -> Iterator[str]:
    texts = [row["text"] for row in rows(shared() / "data" / "news" / "corpus.jsonl")][:CLEAN]
    changed = sum(bool(repairs(text)) for text in texts)
    yield f"Clean news texts changed: {changed} of {len(texts)} ({sum(map(len, texts))} characters)."


# Printed pages


def printed_table() -> str:
    """Boundaries and reading order of made articles printed to PDF in columns and read back."""
    lines = [
        f"{PRINTED} pages for each number of columns. Asked for: boundary F1 0.97, reading order 0.98.",
        "",
        "| columns | boundaries | F1 | precision | recall | paragraphs whole | reading order right |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for columns in (1, 2, 3):
            pages = printed_pages(columns)
            total, ordered = Score(), 0
            for page, path in zip(pages, printed(pages, Path(folder)), strict=True):
                units = [unit for document in read(path) for unit in found_units(document, title=True)]
                made = [text for text, _ in page.blocks() if text != page.header]
                total.add(score(made, units))
                ordered += in_order(made, units)
            lines.append(
                f"| {columns} | {total.made} | {total.f1:.4f} | {total.both / total.found:.4f} | {total.both / total.made:.4f} "
                f"| {total.whole / total.paragraphs:.4f} | {ordered / len(pages):.4f} |"
            )
    return "\n".join(lines)


def printed_pages(columns: int) -> list[PrintedPage]:
    """Pages of made articles to print in so many columns, each set otherwise."""
    rng = random.Random(SEED + columns)
    made = made_pages(PRINTED, SEED + 10 * columns, rates=(0, 0))
    return [_to_print(page, f"{columns}-{number}", columns, rng) for number, page in enumerate(made)]


def _to_print(page: MadePage, name: str, columns: int, rng: random.Random) -> PrintedPage:
    articles = [PrintedArticle(a.headline, a.paragraphs, a.byline) for a in page.articles]
    return PrintedPage(
        name,
        articles,
        columns=columns,
        indent=rng.random() < 0.7,
        across=rng.random() < 0.5,
        justified=rng.random() < 0.7,
        size=rng.choice((9.0, 10.5, 11.0)),
        sans=rng.random() < 0.3,
        header=f"{rng.randint(1, 16)} {page.section}" if rng.random() < 0.5 else "",
        numbered=rng.random() < 0.5,
    )


def in_order(made: Sequence[str], found: Sequence[str]) -> bool:
    """Whether the paragraphs that were made stand in what was found, all of them, one after the other."""
    text, reached = _letters("".join(found)), 0
    for unit in made:
        letters = _letters(unit)
        place = text.find(letters[:20], reached)
        if place < 0:
            return False
        reached = place + 1
    return True


def _pages_for_peers() -> tuple[list[tuple[str, list[str]]], list[PrintedPage]]:
    pages = [page for page in made_pages(60, SEED) if not page.trailing]
    to_print = [page for columns in (1, 2, 3) for page in printed_pages(columns)[:10]]
    return [(page.text, list(made_units(page))) for page in pages], to_print


if __name__ == "__main__":
    main()
