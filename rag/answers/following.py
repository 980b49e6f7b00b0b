"""Whether each clause of a statement follows one clause of what it cites: its words, in their order, with nothing of weight left out.

Rules find what is wrong with a figure or a name; what is put together of words that are all there is found by nothing but this.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.answers.claims import Claim, content_words, names, nouns, stands
from rag.answers.grounds import Ground, means
from rag.answers.question import INTERROGATIVE
from rag.chinese.dates import moments
from rag.chinese.quantities import carries, quantities
from rag.chinese.terms import tagged

MOST_LEFT_OUT = 1
"""Nouns of a clause that a statement may leave out: each may be what bounds it."""

MOST_SWAPPED = 1
"""Pairs of neighbouring words that may stand the other way round: 2022年临港 for 临港2022年."""

_SAME = 0.8
"""How far a clause has to hold a word: as it is, or another that says the same."""

_STANDS_IN = re.compile(
    "^(?:[该其此本这那]|公司|学校|企业|集团|双方|当地|全[县市省镇村区厂]|我[们国]?|他们?|她们?|它们?|这[个些种项座条]|一[个名位座])"
)
"""Begins a clause whose subject is named elsewhere: the headline, or what goes before."""

_SAYS = re.compile("(?:报道|消息|人士|专家|记者|[他她])?(?:称|说|表示|指出|认为|透露)[,，:：“]")

_FREE = frozenset("时间 日前 近日 目前 据悉 其中 同时 此外 共计 总共 其 公司 记者 数据 消息 全年 年度".split())
"""Nouns that bound nothing."""

_OF_TIME = ("t", "m", "d", "c", "p", "r", "v", "f", "x")


def follows(folded: str, claim: Claim, there: Sequence[Ground]) -> bool:
    """Whether one sentence that is cited has a clause, or two beside each other, that the claim of the `folded` statement follows."""
    said = folded[claim.start : claim.end]
    wanted = list(content_words(folded, claim.start, claim.end))
    return any(_follows(folded, said, wanted, claim, ground, place) for ground in there for place in range(len(ground.clauses)))


def _follows(folded: str, said: str, wanted: list[str], claim: Claim, ground: Ground, place: int) -> bool:
    """Whether the claim follows the clause at a place of a sentence, alone or with the next."""
    start, end = ground.clauses[place]
    context = f"{ground.about}\n{ground.earlier}{ground.text[:start]}"
    alone = ground.text[start:end]
    if _is_of(folded, said, wanted, claim, alone, context):
        return True
    # A clause that has all the words has its own figures and dates, and the next one's are of something else.
    if place + 1 == len(ground.clauses) or all(means(word, alone) >= _SAME for word in wanted):
        return False
    return _is_of(folded, said, wanted, claim, ground.text[start : ground.clauses[place + 1][1]], context)


def _is_of(folded: str, said: str, wanted: list[str], claim: Claim, clause: str, context: str) -> bool:
    """Whether the claim says what a clause does, with what goes before put in for a subject that is not named in it."""
    held = [means(word, clause) >= _SAME for word in wanted]
    first = held.index(True) if True in held else len(held)
    put_in = "".join(wanted[:first])
    # A subject is put in as it stands, and never with all that is said of it.
    if not all(held[first:]) or (wanted and first == len(wanted)) or put_in not in context or (len(put_in) > 1 and _has_subject(clause)):
        return False
    # What says a thing twice that is there once goes round in circles, or puts two things in one.
    if any(said.count(noun) > max(1, clause.count(noun)) for noun in claim.nouns):
        return False
    amounts, dates = quantities(clause), moments(clause) or moments(context)
    if not all(any(carries(one, quantity) for one in amounts) for quantity in claim.quantities):
        return False
    if not all(any(moment.within(one) or one.within(moment) for one in dates) for moment in claim.moments):
        return False
    if _SAYS.search(said) and not _SAYS.search(f"{clause}\n{context}"):
        return False
    asked = INTERROGATIVE.search(said)
    if asked and asked[0] not in clause:
        return False
    strangers = [name for name in names(clause) if name.kind in ("person", "place", "number") and not stands(name, folded)]
    if any(name.name not in context for name in strangers):
        return False
    left_out = [noun for noun in nouns(clause) if noun not in _FREE and means(noun, folded) < _SAME and noun not in context]
    return len(left_out) <= MOST_LEFT_OUT and _swapped(wanted[first:], clause) <= MOST_SWAPPED


def _has_subject(clause: str) -> bool:
    """Whether a clause names what it is about itself: it begins with a noun, and with none that stands in for another."""
    if _STANDS_IN.match(clause):
        return False
    first = next(((word, tag) for word, tag in tagged(clause) if re.search(r"\w", word)), ("", "v"))
    return not first[1].startswith(_OF_TIME) and first[0] not in _FREE


def _swapped(wanted: Sequence[str], clause: str) -> int:
    """How many neighbouring words stand in a clause the other way round."""
    places = [clause.find(word) for word in wanted]
    known = [place for place in places if place >= 0]
    return sum(later < earlier for earlier, later in pairwise(known))
