"""Whether a statement and a sentence say alike who does something, of what rank a thing is, before or after what, and what is not so."""

import re
from collections.abc import Sequence

from rag.answers.claims import Name, content_words, names, nouns, phases, stands
from rag.answers.grounds import Ground, Stretch, means
from rag.chinese.polarity import denials
from rag.chinese.terms import is_known

HALF = 0.5
"""A word of which a sentence has so much stands there."""

_DENIED = 12
"""Characters from a denial on that it may deny."""

_AGENT = re.compile("^(.*?)(?<![自理])由(?![于此来])(.+)$")
_POINTS_BACK = re.compile("[这该其此]")
_RANKED = re.compile(r"(?:位?居|排名?|位列|列|在)[^,，。;；]{0,6}第[一二三四五六七八九十\d]+")


def is_another(name: Name, region: Stretch, said: str) -> bool:
    """Whether clauses name a person whom the statement does not name, and not the one it names."""
    if stands(name, region.text):
        return False
    return any(other.kind == "person" and other.name not in said and not is_known(other.name) for other in names(region.text))


def by_whom(said: str, ground: Ground, there: Sequence[Ground]) -> bool | None:
    """Whether a sentence that says by whom (由…) something is done names the same doer and thing; None where one names none."""
    told = _AGENT.search(said)
    clauses_by = [ground.text[start:end] for start, end in ground.clauses if _AGENT.search(ground.text[start:end])]
    if told is None or not clauses_by:
        return None
    thing, doers = _thing(told[1]), [noun for noun in nouns(re.split("[、,]", told[2])[0]) if len(noun) > 1][:2]
    for clause in clauses_by:
        match = _AGENT.search(clause)
        assert match is not None
        same_doer = all(means(doer, match[2]) > HALF for doer in doers)
        left_out = _POINTS_BACK.match(match[1]) or not _thing(match[1])
        known = thing and (not left_out or any(means(thing, other.text) > HALF for other in there))
        if same_doer and (not known or means(thing, ground.context if left_out else clause) > HALF):
            return True
    return False


def _thing(text: str) -> str:
    """What a text says last: 村道 of 其中规定村道, 登记 of 犬只登记; "" for nothing."""
    return next(iter([*content_words(text, 0, len(text))][-1:]), "")


def of_rank(said: str, ground: Ground) -> bool | None:
    """Whether a sentence gives the rank (居全省第二) of the same thing: as its clause or the one before it; None without a rank."""
    told = _RANKED.search(said)
    if told is None:
        return None
    same = None
    for place, (start, end) in enumerate(ground.clauses):
        if not _RANKED.search(ground.text[start:end]):
            continue
        before = ground.clauses[place - 1][0] if place and _RANKED.match(ground.text[start:end]) else start
        measures = nouns(said[: told.start()])[-1:]
        if not measures or means(measures[0], ground.text[before:end]) > HALF:
            return True
        same = False
    return same


def of_other_phase(when: set[tuple[str, str]], stretch: Stretch) -> bool:
    """Whether the clause is about the time before what the claim says after, or after what it says before."""
    its = phases(stretch.own)
    return any((what, "前" if side == "后" else "后") in its for what, side in when)


def denied_by_one(said: str, there: str) -> bool:
    """Whether one of two texts denies something that the other has, and the other denies nothing."""
    of_said, of_there = denials(said), denials(there)
    if bool(of_said) == bool(of_there):
        return False
    text, other, places = (said, there, of_said) if of_said else (there, said, of_there)
    denied = [word for place in places for word in content_words(text, place, min(len(text), place + _DENIED))]
    return any(means(word, other) > HALF for word in denied)
