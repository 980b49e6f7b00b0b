"""Writes an answer without a language model: sentences that answer, verbatim and cited, or a refusal that says why.

What is asked of a document itself is told from its data.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.answers import evidence, refusal
from rag.answers.about_documents import Passages, Told, told
from rag.answers.agreement import Beside, beside, elsewhere
from rag.answers.joint import Joint, Operation, joint
from rag.answers.overview import overview, sought
from rag.answers.question import Kind, parse
from rag.answers.quoting import BRIEF, LONG, LONG_KINDS, Quote, add, cited, joined, of_sentence
from rag.answers.selection import Candidate, Finding, find
from rag.answers.short import singled_out
from rag.answers.together import Together, together
from rag.answers.verification import Known, Verifier
from rag.answers.weights import SUPPORT_THRESHOLD
from rag.chinese.polarity import planned
from rag.chinese.scripts import fold
from rag.chinese.sentences import clauses
from rag.models.reader import Reading
from rag.records import Answer, Citation, Hit, Statement

_STATED = {
    Operation.DIFFERENCE: re.compile("相差|之差|差距|高出|多出|超出|(?<![相对])比"),
    Operation.GROWTH: re.compile("增长|增加|上升|提高|下降|减少|降低|增幅|降幅"),
    Operation.SUM: re.compile("共|合计|总计|总和|之和"),
    Operation.AVERAGE: re.compile("平均|均"),
}
"""Words by which a sentence states what else is computed."""

ONE_FIGURE = "几样问到的是同一个数，文档没有分别给出，没有合在一起计算。"
PLANS_AND_FACTS = "有的是计划，有的是事实，没有合在一起计算。"
_STATES = 0.75
"""The share of the words of each part that such a sentence has."""

MOST_PARTS = 4
"""How many things one question may ask; the rest is left with a word about it."""


def answer(
    question: str, found: Callable[[str], Sequence[tuple[Hit, Reading]]], weight: Callable[[str], float], passages: Passages
) -> Answer:
    """The answer to `question` of the passages that are `found` for it.

    `found` gives the hits for a question, each with what the reader makes of it; `weight` is a word's inverse document frequency;
    `passages` gives those of a document by its id, in order. A question that asks several things is answered part by part, each from
    what is found for it, and what is asked of the parts together is computed from their figures unless it is stated; parts without an
    answer are named in `reason`.
    """
    if wanted := sought(question):
        hits = [hit for hit, _ in found(wanted.subject)]
        if not hits:
            return Answer(question, (), 0.0, refused=True, reason=refusal.NOTHING_STORED)
        return overview(question, wanted, hits, weight, passages)
    several = joint(question)
    if several is not None and not _is_stated(question, several, found, weight):
        parts = [one for asked in several.questions for one in parse(asked, 1)]
    else:
        several, parts = None, parse(question, MOST_PARTS + 1)
    if not parts:
        return Answer(question, (), 0.0, refused=True, reason=refusal.NOTHING_ASKED)
    said: list[Finding | Told] = []
    known = Known()
    for part in parts[:MOST_PARTS]:
        read = found(part.whole if len(parts) > 1 else question)
        if not read:
            return Answer(question, (), 0.0, refused=True, reason=refusal.NOTHING_STORED)
        known.learn(read)
        said.append(told(part, [hit for hit, _ in read], weight, passages) or find(part, read, weight))
    written = _written(question, said, several, Verifier(known), whole=len(parts) == 1)
    return replace(written, reason=written.reason + refusal.TOO_MANY) if len(parts) > MOST_PARTS else written


def _is_stated(
    question: str, several: Joint, found: Callable[[str], Sequence[tuple[Hit, Reading]]], weight: Callable[[str], float]
) -> bool:
    """Whether a sentence states itself what else would be computed of several answers."""
    words = _STATED.get(several.operation)
    if words is None:
        return False
    (whole, *_) = parse(question, 1)
    finding = find(whole, found(question), weight)
    if finding.support < SUPPORT_THRESHOLD:
        return False
    best = finding.candidates[0]
    return words.search(best.text) is not None and all(
        evidence.coverage(evidence.weigh(part, weight), fold(f"{best.text}\n{best.hit.headings}")) >= _STATES
        for asked in several.questions
        for part in parse(asked, 1)
    )


def _written(question: str, said: Sequence[Finding | Told], several: Joint | None, verifier: Verifier, *, whole: bool) -> Answer:
    """The answer from what was found for each part; what documents tell of themselves is stated last.

    Passages that agree strengthen it; those that carry a statement by themselves are cited with it. Behind it stands what is computed of
    `several` parts, where each has its figure.
    """
    findings = [one for one in said if isinstance(one, Finding)]
    data = [one for one in said if isinstance(one, Told)]
    answered = [finding for finding in findings if finding.support >= SUPPORT_THRESHOLD]
    quotes = _quotes(answered)
    shorts = [_short(finding, quotes) for finding in answered]
    short_of = dict(zip(map(id, answered), shorts, strict=True))
    compared = [beside(finding, short) for finding, short in zip(answered, shorts, strict=True)]
    for finding, others in zip(answered, compared, strict=True):
        for other, _ in others.contradicting:
            joined(quotes, of_sentence(finding, other, BRIEF))
    citations = cited(quotes)
    statements = [Statement(citation.quote, (citation,)) for citation in citations]
    marker = len(citations) + 1
    for finding, others in zip(answered, compared, strict=True):
        place = next(i for i, statement in enumerate(statements) if _marked(statement.citations, finding.candidates[0]))
        agreeing = (c for c in others.agreeing if not _marked(citations, c) and verifier.verify(statements[place].text, [c.hit]).faultless)
        also = cited((Quote(c.hit, c.start, c.end) for c in agreeing), marker)
        marker += len(also)
        statements[place] = Statement(statements[place].text, (*statements[place].citations, *also))
    for one in data:
        if one.text:
            statements.append(Statement(one.text, (replace(one.citation, marker=marker),)))
            marker += 1
    made = _together(several, answered, shorts) if several and all(shorts) and len(shorts) == len(said) else Together()
    if made.text:
        carrying = {_marked(citations, finding.candidates[0]) for finding in answered}
        statements.append(Statement(made.text, tuple(citation for citation in citations if citation.marker in carrying)))
    reasons, nearest = _reasons([f for f in findings if f not in answered], data, marker if statements else 1, whole=whole)
    if not statements:
        support = max([finding.support for finding in findings], default=0.0)
        return Answer(question, (), support, refused=True, reason=reasons, nearest=nearest)
    return Answer(
        question,
        tuple(statements),
        min([*(others.support for others in compared), *(one.support for one in data if one.text)]),
        refused=False,
        short=made.short
        or "；".join(dict.fromkeys(filter(None, (one.short if isinstance(one, Told) else short_of.get(id(one)) for one in said)))),
        reason=reasons + made.reason,
        # An answer is not burdened with what comes nearest to its missing parts, unless the reason gives a figure of it.
        nearest=tuple(citation for citation in nearest if f"[{citation.marker}]" in reasons),
        conflicts=tuple(
            conflict
            for finding, short, others in zip(answered, shorts, compared, strict=True)
            if (conflict := _conflict(finding.candidates[0], short, others, citations))
        ),
    )


def _together(several: Joint, answered: Sequence[Finding], shorts: Sequence[str]) -> Together:
    """What the answers make; nothing, where one tells of a plan and another of a fact, or one figure was found for two things."""
    places = {
        (finding.candidates[0].hit.passage.id, finding.candidates[0].start, short) for finding, short in zip(answered, shorts, strict=True)
    }
    if len(places) < len(shorts) and several.operation is not Operation.EACH:
        return Together(reason=ONE_FIGURE)
    plans = {planned(fold(_as_far_as(finding.candidates[0].text, short))) for finding, short in zip(answered, shorts, strict=True)}
    # What is planned for a later day is later than what was done.
    free = several.operation in (Operation.EACH, Operation.FIRST, Operation.LAST)
    return together(several, shorts) if len(plans) == 1 or free else Together(reason=PLANS_AND_FACTS)


def _as_far_as(sentence: str, short: str) -> str:
    """The sentence to the end of the clause that has the short answer: what stands behind it may be of a plan, and is of something else."""
    return next((sentence[:end] for _, end in clauses(sentence) if short in sentence[:end]), sentence)


def _quotes(answered: Sequence[Finding]) -> list[Quote]:
    """What is quoted for the parts: each has its share of the characters, and what those before it left of theirs."""
    budget = LONG if len(answered) > 1 or any(finding.question.kind in LONG_KINDS for finding in answered) else BRIEF
    quotes: list[Quote] = []
    for done, finding in enumerate(answered):
        spent = sum(quote.end - quote.start for quote in quotes)
        add(quotes, finding, (budget - spent) // (len(answered) - done))
        if finding.question.kind is Kind.LIST:
            for other in elsewhere(finding):
                spent = sum(quote.end - quote.start for quote in quotes)
                if other.end - other.start <= budget - spent:
                    joined(quotes, Quote(other.hit, other.start, other.end))
    return quotes


def _reasons(unanswered: Sequence[Finding], data: Sequence[Told], marker: int, *, whole: bool) -> tuple[str, tuple[Citation, ...]]:
    """Why parts go unanswered, and the citations of what comes nearest to each, marked from `marker` on."""
    places: dict[tuple[str, int], int] = {}
    nearest: list[Citation] = []
    reasons: list[str] = []
    for finding in unanswered:
        best = finding.candidates[0] if finding.candidates else None
        if best is not None and (key := (best.hit.passage.id, best.start)) not in places:
            places[key] = marker + len(nearest)
            nearest += cited([Quote(best.hit, best.start, best.end)], places[key])
        reasons.append(refusal.reason(finding, whole=whole, marker=places[best.hit.passage.id, best.start] if best else 0))
    for one in data:
        if one.reason:
            nearest.append(replace(one.citation, marker=marker + len(nearest)))
            reasons.append(one.reason)
    return "".join(dict.fromkeys(reasons)), tuple(nearest)


def _short(finding: Finding, quotes: Sequence[Quote]) -> str:
    """The short answer in the sentence that was found, where the answer quotes it."""
    found = singled_out(finding.question, finding.candidates[0], finding.weights)
    return found if any(found in quote.hit.passage.text[quote.start : quote.end] for quote in quotes) else ""


def _marked(citations: Sequence[Citation], candidate: Candidate) -> int:
    """The marker of the citation that quotes the sentence, or some of it; 0 for none."""
    of_it = (c for c in citations if c.passage.id == candidate.hit.passage.id and c.start < candidate.end and candidate.start < c.end)
    return next((citation.marker for citation in of_it), 0)


def _conflict(best: Candidate, short: str, others: Beside, citations: Sequence[Citation]) -> str:
    """ "各处说法不一：3200万元（2024年3月5日）[1]，2800万元（2023年11月2日）[2]。", the newest first; "" where nothing contradicts.

    Another figure of the same document is most often of something else (the town's, the county's): it is quoted, and left to the reader.
    """
    elsewhere = [(other, text) for other, text in others.contradicting if other.hit.document.id != best.hit.document.id]
    said = sorted(((best, others.said or short), *elsewhere), key=lambda pair: pair[0].hit.document.date, reverse=True)
    dated = any(candidate.hit.document.date for candidate, _ in said)
    told = "，".join(
        f"{text}{f'（{_day(candidate.hit.document.date)}）' if dated else ''}[{_marked(citations, candidate)}]" for candidate, text in said
    )
    return f"各处说法不一：{told}。" if elsewhere else ""


def _day(date: str) -> str:
    """A date of ISO 8601 as one writes it: 2024年3月5日; 日期不详 for none."""
    parts = [f"{int(part)}{unit}" for part, unit in zip(date.split("-"), "年月日", strict=False) if part]
    return "".join(parts) or "日期不详"
