"""Prints articles to PDF with Chromium, in one to three columns as newspapers and reports set them, and says what they printed."""

import html
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

_SERIF, _SANS = "Noto Serif CJK SC", "Noto Sans CJK SC"


@dataclass(frozen=True, slots=True)
class PrintedArticle:
    """An article to print: `subheads` stand before the paragraphs with these numbers (from 0); the byline closes it in brackets."""

    title: str
    paragraphs: Sequence[str]
    byline: str = ""
    subheads: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A page, or as many as the articles fill, and how it is set. Sizes are in points, `leading` in multiples of the size.

    With `indent` paragraphs begin two cells in, without it there is space between them. `across` puts each headline over all the
    columns, not into the first. `beside` puts every second article into a narrower box of one column, on the right of the one
    before it, both on one page if they fit. `header` is a newspaper's first line; `running` is repeated at the head of every
    page, `numbered` puts its number at the foot.
    """

    name: str
    articles: Sequence[PrintedArticle]
    columns: int = 1
    indent: bool = True
    across: bool = True
    beside: bool = False
    justified: bool = True
    leading: float = 1.6
    size: float = 10.5
    sans: bool = False
    gutter: float = 1.6
    header: str = ""
    running: str = ""
    numbered: bool = False

    def blocks(self) -> Iterator[tuple[str, bool]]:
        """The text of each paragraph and headline in the order in which it is read, and whether it is a headline or sub-head."""
        if self.header:
            yield self.header, True
        for article in self.articles:
            yield article.title, True
            for i, paragraph in enumerate(article.paragraphs):
                if i in article.subheads:
                    yield article.subheads[i], True
                yield paragraph, False
            if article.byline:
                yield f"（{article.byline}）", False


def printed(pages: Sequence[PrintedPage], folder: Path) -> list[Path]:
    """Prints each to a PDF in `folder`, named as it is; one browser does all. RuntimeError where Chromium is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise RuntimeError("no Chromium to print with; install it: apt-get install chromium fonts-noto-cjk")
    paths = [folder / f"{page.name}.pdf" for page in pages]
    # In a thread of its own: in one that has a browser open already, such as that of the tests, playwright refuses another.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_print, chromium, pages, paths).result()
    return paths


def _print(chromium: str, pages: Sequence[PrintedPage], paths: Sequence[Path]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        for page, path in zip(pages, paths, strict=True):
            tab.set_content(page_html(page))
            tab.pdf(path=path, prefer_css_page_size=True)
        browser.close()


def page_html(page: PrintedPage) -> str:
    """The page as HTML with its style sheet."""
    articles = [_article_html(article, page) for article in page.articles]
    if page.beside:
        pairs = [articles[i : i + 2] for i in range(0, len(articles), 2)]
        articles = [f"<div class=row>{''.join(pair)}</div>" if len(pair) == 2 else pair[0] for pair in pairs]
    header = f"<div class=header>{html.escape(page.header)}</div>" if page.header else ""
    return f"<!doctype html><meta charset=utf-8><style>{_style(page)}</style><body>{header}{''.join(articles)}"


def _article_html(article: PrintedArticle, page: PrintedPage) -> str:
    title = f"<h1>{html.escape(article.title)}</h1>"
    body = ""
    for i, paragraph in enumerate(article.paragraphs):
        if i in article.subheads:
            body += f"<h2>{html.escape(article.subheads[i])}</h2>"
        body += f"<p>{html.escape(paragraph)}</p>"
    if article.byline:
        body += f"<p class=byline>（{html.escape(article.byline)}）</p>"
    inner = f"{title}<section>{body}</section>" if page.across else f"<section>{title}{body}</section>"
    return f"<article>{inner}</article>"


def _style(page: PrintedPage) -> str:
    running = f'@top-center {{ content: "{page.running}"; font-size: 8pt }}' if page.running else ""
    number = '@bottom-center { content: "- " counter(page) " -"; font-size: 8pt }' if page.numbered else ""
    return f"""
        @page {{ size: A4; margin: 18mm 16mm; {running} {number} }}
        body {{ margin: 0; font: {page.size}pt/{page.leading} "{_SANS if page.sans else _SERIF}" }}
        body {{ text-align: {"justify" if page.justified else "left"} }}
        .header {{ font-size: 12pt; border-bottom: 1pt solid; margin-bottom: 8pt }}
        section {{ {f"column-count: {page.columns}; column-gap: {page.gutter}em" if page.columns > 1 else ""} }}
        article {{ margin-bottom: 1.5em }}
        h1 {{ font-size: 1.9em; line-height: 1.3; margin: 0 0 .4em; break-after: avoid; text-align: {"center" if page.across else "left"} }}
        h2 {{ font-size: 1.1em; margin: .5em 0; text-align: center; break-after: avoid }}
        p {{ margin: 0 0 {0 if page.indent else 0.8}em; text-indent: {2 if page.indent else 0}em }}
        p.byline {{ text-align: right }}
        .row {{ display: grid; grid-template-columns: 2fr 1fr; gap: 2em; break-inside: avoid }}
        .row article + article section {{ column-count: auto }}
        .row article + article {{ border: .5pt solid; padding: .6em }}
    """
