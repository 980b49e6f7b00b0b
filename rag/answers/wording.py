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

_LONGEST_TWIN = 12
_JOINS = frozenset("的了在是和与及为有到由被把将就也都而且或并于从对")
_TELLING_APART = frozenset("大小上下左右东西南北前后内外新旧老男女早晚高低长短正副主次甲乙丙丁一二三四五六七八九十")
"""Characters that alone tell two things of a kind apart: 大徒弟 and 小徒弟."""

_AGENT = re.compile("^(.*?)(?<![自理])由(?![于此来])(.+)$")
_POINTS_BACK = re.compile("[这该其此]")
_RANKED = re.compile(r"(?:位?居|排名?|位列|列|在)[^,，。;；]{0,6}第[一二三四五六七八九十\d]+")


def is_another(name: Name, region: Stretch, said: str) -> bool:
    """Whether clauses name a person whom the statement does not name, and not the one it names."""
    if stands(name, f"{region.before}{region.text}"):
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


def of_twin(said: str, own: str, passage: str) -> bool:
    """Whether clauses have other words before the same ones (降落场面积) than what is said (起飞场面积).

    Only where the passage has those before such ones too (起飞场海拔612米), so that they name another thing of the kind.
    """
    for size in range(min(len(said), _LONGEST_TWIN), 1, -1):
        for place in range(1, len(said) - size + 1):
            shared = said[place : place + size]
            if (there := own.find(shared)) < 1 or not _is_han(shared):
                continue
            for telling in (2, 1):
                before, its = said[max(0, place - telling) : place], own[max(0, there - telling) : there]
                if len(before) < telling or len(its) < telling or before[-1] == its[-1] or not (_is_han(before) and _is_han(its)):
                    continue
                if telling == 1 and not {before, its} <= _TELLING_APART:
                    continue
                head = re.escape(shared[: 3 - telling])
                if before not in own and its not in said and not _JOINS & {*before, *its} and re.search(f"{before}.{{0,4}}{head}", passage):
                    return True
    return False


def _is_han(text: str) -> bool:
    return re.fullmatch("[一-鿿]+", text) is not None


def denied_by_one(said: str, there: str) -> bool:
    """Whether one of two texts denies something that the other has, and the other denies nothing."""
    of_said, of_there = denials(said), denials(there)
    if bool(of_said) == bool(of_there):
        return False
    text, other, places = (said, there, of_said) if of_said else (there, said, of_there)
    denied = [word for place in places for word in content_words(text, place, min(len(text), place + _DENIED))]
    return any(means(word, other) > HALF for word in denied)
