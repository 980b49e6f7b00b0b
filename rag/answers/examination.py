"""Lays a claim beside the sentences that may carry it: its figures, dates and names, what they are said of, and how it is said."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from rag.answers.claims import Claim, Name, content_words, names, nouns, phases, rates, stands
from rag.answers.faults import Fault, Problem
from rag.answers.grounds import AROUND, BESIDE, Ground, Stretch, governing, means, share, stretch_before
from rag.answers.wording import HALF, by_whom, denied_by_one, is_another, of_other_phase, of_rank, of_twin
from rag.chinese.dates import Moment, moments
from rag.chinese.polarity import OPPOSITE, changes, displaced, limits, maybe_planned, missing_ranks, planned
from rag.chinese.quantities import Quantity, carries, quantities, units_agree
from rag.chinese.scripts import fold
from rag.chinese.sentences import clauses
from rag.chinese.terms import is_known, words

_AS_GOOD = 0.1
"""Grounds that hold a claim's words within so much of the best one may all be what it stands on."""

_AS_NAMED = 0.25
"""Of those within so much, the ones that name most of what the claim names decide how it is said."""

_ELSEWHERE = 0.12
"""A figure belongs to something else when the stretch of another holds so much more of what it is said of."""

_ITEM = 1.5
"""What a figure, a date or a name beside the one in question counts, against the rarest word."""

_LEFT_OUT, _LEFT_OUT_OF_RIVAL = 0.75, 0.5
"""What a word counts that stands before the stretch in its sentence, and may be left out in it for that; the stretch of the figure
itself has the benefit of the doubt."""

_SAID = 0.3
"""What it counts that the claim says all that the clause of a figure says."""

_CLOSE = 0.22
"""A clause that holds so much of a claim says the same, or the contrary."""

_FEWEST_ALIKE = 2
"""Clauses that a sentence has at the least, for them to be alike."""

_ADDED = 0.15
"""Another clause of the ground is part of what a claim stands on when it adds so much to it."""

_STRANGE = 0.34
"""A word of which a passage has less is not named there in part either."""

_SCOPE = re.compile("全(国|省|市|县)")
_SMALLER = {
    "国": re.compile("(?<!中国)(?<!全国)(?<!我国)$"),
    "省": re.compile("[市县区镇乡村街道]$"),
    "市": re.compile("[县区镇乡村街道]$"),
    "县": re.compile("[镇乡村街道]$"),
}
_WHOLE = re.compile("占(?!比|有率)(?:了)?(?:到)?([^,，。;；占\\d]{2,16}?)的?(?:比例|比重|份额)?(?:约|近|超过|为|达|达到)?\\d")
_COMMON_ENDS = frozenset("车额国业地时间年天日期方面性者化员校房人量数率")
"""Ends that many nouns share which do not rule each other out."""

_START = re.compile("(?<![自理])(?:从|由)(?:[^,，。;；到至]{0,6}(?:的|前))?$")

_OF_TOPIC = frozenset({"work", "latin", "quotation"})
_ENDS = frozenset('。！？!?；;，,：:…\n“”「」『』"（）() 　')


class Examination:
    """A claim beside the grounds that may carry it."""

    def __init__(self, text: str, claim: Claim, there: Sequence[Ground], weigh: Callable[[str], float]) -> None:
        self._text, self._folded, self._claim, self._weigh = text, fold(text), claim, weigh
        self._weights = {word: weigh(word) for word in claim.words}
        self._carriers = {q: _carriers(q, there) for q in claim.quantities}
        self._there = there
        self._scores = [(self._score(ground), ground) for ground in there]
        self._best = max((score for score, _ in self._scores), default=0.0)
        self.coverage = max((self._covered(ground) for ground in self._standing()), default=0.0)
        self.novel = sum(self._novelty(word) for word in claim.nouns)

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the claim by rule."""
        yield from (problem for quantity in self._claim.quantities if (problem := self._of_quantity(quantity)) is not None)
        yield from self._of_dates()
        yield from self._of_names()
        yield from self._of_strangers()
        yield from self._of_wording()

    def _said(self, start: int, end: int) -> str:
        return self._text[start:end].strip("".join(_ENDS))

    @property
    def _whole(self) -> str:
        return self._said(self._claim.start, self._claim.end)

    def _covered(self, ground: Ground) -> float:
        return share(self._weights, (ground.text, 1.0), (ground.before, BESIDE), (ground.about, BESIDE), (ground.passage, AROUND))

    def _score(self, ground: Ground) -> float:
        """How far a sentence is what the claim stands on, by its words, and its figures and dates, which count as the rarest."""
        top = max(self._weights.values(), default=1.0) * _ITEM
        total = sum(self._weights.values())
        held = total * share(self._weights, (ground.text, 1.0), (ground.before, AROUND), (ground.about, AROUND))
        for quantity in self._claim.quantities:
            held += top * any(carries(q, quantity) for q in ground.quantities)
            total += top
        for moment in self._claim.moments:
            held += top * _dated(moment, ground)
            total += top
        return held / total if total else 0.0

    def _standing(self, room: float = _AS_GOOD) -> list[Ground]:
        """The sentences that the claim may stand on, the best first; `room` is how much worse than the best they may be."""
        return [ground for score, ground in sorted(self._scores, key=lambda pair: -pair[0]) if score >= self._best - room]

    def _speaking(self) -> list[Ground]:
        """Those of them that name the most of what the claim names."""
        named = [(sum(stands(name, ground.text) for name in self._claim.names), ground) for ground in self._standing(_AS_NAMED)]
        most = max((count for count, _ in named), default=0)
        return [ground for count, ground in named if count == most]

    def _novelty(self, word: str) -> float:
        """How far a word of the claim is nowhere in what is cited, in [0, 1]."""
        return min(1 - share({word: 1.0}, (ground.passage, 1.0)) for ground in self._there) if self._there and len(word) > 1 else 0.0

    def _years(self, position: int) -> tuple[frozenset[int], bool]:
        """The years that what stands at a position of the statement is said of, and whether its own clause names them."""
        start, end = self._claim.sentence
        named = [m for m in moments(self._folded[start:end]) if m.year is not None]
        pieces = clauses(self._text[start:end])
        own = next((one for one in pieces if one[0] <= position - start < one[1]), (0, end - start))
        if any(own[0] <= m.start < own[1] for m in named):
            return governing(self._folded[start:end], named, position - start, own), True
        # Another clause's year may be meant or not: 2019年动工，2023年通车，投资41.7亿元.
        if before := frozenset(m.year for m in named if m.year is not None and m.start < own[0]):
            return before, False
        earlier = [m.year for m in moments(self._folded[:start]) if m.year is not None]
        return frozenset(earlier[-1:]), False

    def _of_quantity(self, quantity: Quantity) -> Problem | None:
        """What is wrong with a quantity: it is not there, or not of what the claim says it is of."""
        written = self._said(quantity.start, quantity.end)
        carriers = self._carriers[quantity]
        if not carriers:
            return Problem(Fault.FIGURE, written)
        years, named = self._years(quantity.start)
        meeting = []
        for ground, found in carriers:
            stretch = ground.of_quantity(found)
            its = stretch.years if named else ground.named_at(found.start)
            if (not years or not its or years & its) and _is_start(ground.text, found.start) == _is_start(self._folded, quantity.start):
                meeting.append((ground, stretch))
        if not meeting:
            return Problem(Fault.BELONGING, written)
        if (other := self._of_another_kind(quantity, [stretch for _, stretch in meeting])) is not None:
            return Problem(other, written)
        of_it = self._items_about(quantity.start)
        own = max(of_it(stretch) for _, stretch in meeting)
        others = [
            stretch
            for ground in self._there
            for q in ground.quantities
            for stretch in [ground.of_quantity(q)]
            if _is_start(ground.text, q.start) == _is_start(self._folded, quantity.start)
            and not (named and years and stretch.years and not years & stretch.years)
            and q.unit
            and quantity.unit
            and units_agree(q.unit, quantity.unit)
            and not any(carries(q, said) for said in self._claim.quantities)
        ]
        told = changes(self._folded[slice(*self._near(quantity.start))])
        if told and any(changes(stretch.own) for _, stretch in meeting):
            others = [stretch for stretch in others if changes(stretch.own)]  # by how much is not how much
        when = phases(self._folded[slice(*self._near(quantity.start))])
        rivals = [of_it(stretch, _LEFT_OUT_OF_RIVAL) for stretch in others if not of_other_phase(when, stretch)]
        of_phase = [stretch for stretch in others if when & phases(stretch.own)]
        if (of_phase and not any(when & phases(stretch.own) for _, stretch in meeting)) or (max(rivals, default=0.0) > own + _ELSEWHERE):
            return Problem(Fault.BELONGING, written)
        near = self._folded[slice(*self._near(quantity.start))]
        if all(displaced(near, stretch.text, f"{stretch.text}\n{ground.about}") for ground, stretch in meeting):
            return Problem(Fault.BELONGING, written)
        if self._sibling([stretch for _, stretch in meeting]) or all(
            of_twin(near, stretch.own, ground.passage) for ground, stretch in meeting
        ):
            return Problem(Fault.BELONGING, written)
        if not any(self._same_scope(ground) for ground, _ in meeting):
            return Problem(Fault.SUBJECT, self._whole)
        return None

    def _near(self, item: int) -> tuple[int, int]:
        """The range of the statement that says what its figure or date at `item` is of, cut as the stretches of grounds are."""
        pieces = clauses(self._text, *self._claim.sentence)
        here = [q for q in quantities(self._text) if q.start == item]
        if not here:
            own = next((piece for piece in pieces if piece[0] <= item < piece[1]), (self._claim.start, self._claim.end))
            return own if any(content_words(self._folded, *own)) else (self._claim.start, self._claim.end)
        others = [(q.start, q.end) for q in quantities(self._text) if q.start != item and q.unit and units_agree(q.unit, here[0].unit)]
        return stretch_before(pieces, here[0].start, here[0].end, others)

    def _of_another_kind(self, quantity: Quantity, stretches: Sequence[Stretch]) -> Fault | None:
        """Whether the figure is a share of another whole, for another unit, or of a change the other way in all of the stretches."""
        start, end = self._near(quantity.start)
        said = self._folded[start:end]
        of_whole = _WHOLE.finditer(self._folded, start, quantity.end)
        whole = next((match for match in of_whole if quantity.start < match.end() <= quantity.end), None)
        if whole and not any(share(dict.fromkeys(words(whole[1]), 1.0), (s.text, 1.0), (s.before, _LEFT_OUT)) >= HALF for s in stretches):
            return Fault.BELONGING
        for kind, units in rates(said).items():
            there = [rates(stretch.text).get(kind, set()) for stretch in stretches]
            if all(found and not found & units for found in there):
                return Fault.BELONGING
        for way in changes(said):
            found = [changes(stretch.own) for stretch in stretches]
            if OPPOSITE[way] not in changes(said) and all(OPPOSITE[way] in ways and way not in ways for ways in found):
                return Fault.DIRECTION
        return None

    def _sibling(self, stretches: Sequence[Stretch]) -> str:
        """A noun of the claim in whose place all the stretches have one of its kind, as 乡道 for 村道; "" for none."""
        return next((noun for noun in self._claim.nouns if all(self._has_sibling(noun, stretch) for stretch in stretches)), "")

    def _has_sibling(self, noun: str, stretch: Stretch) -> bool:
        """Whether the clause has, in the place of a noun, another that ends alike, though the noun stands elsewhere in what is cited."""
        if len(noun) < 2 or noun[-1] in _COMMON_ENDS or re.search(".{0,4}".join(map(re.escape, noun)), stretch.own):
            return False
        if not any(noun in ground.passage for ground in self._there):
            return False
        theirs = (word for word in nouns(stretch.own) if word[-1] == noun[-1] and len(word) > 1)
        return any(word not in self._folded and means(noun, word) < BESIDE for word in theirs)

    def _same_scope(self, ground: Ground) -> bool:
        """Whether what the sentence says of the whole country or town is not said of a place in it by the claim."""
        scope = _SCOPE.search(ground.text)
        if scope is None or _SCOPE.search(self._folded):
            return True
        places = [name.name for name in self._claim.names if name.kind == "place" and not stands(name, ground.text)]
        return not any(_SMALLER[scope[1]].search(place) for place in places)

    def _items_about(self, start: int) -> Callable[..., float]:
        """Tells how much a stretch holds of what the claim says beside its item at `start`: words, figures, numbered things."""
        claim, top = self._claim, max(self._weights.values(), default=1.0) * _ITEM
        near = self._near(start)
        units = {q.unit for q in claim.quantities if q.start == start}
        others = [q for q in claim.quantities if q.unit not in units and near[0] <= q.start < near[1]]
        named = [name for name in claim.names if name.kind in ("number", "place", "person")]
        told = self._folded[slice(*near)]
        per = rates(told)
        weights = {word: self._weigh(word) for word in content_words(self._folded, *near)}
        # What stands in the headings tells no sentence from another.
        weights = {word: weight for word, weight in weights.items() if not all(word in g.about for g in self._there)} or weights

        def held(stretch: Stretch, before: float = _LEFT_OUT) -> float:
            total = sum(weights.values()) + top * (len(others) + len(named) + len(per))
            if not total:
                return 1.0
            found = sum(weights.values()) * share(weights, (stretch.text, 1.0), (stretch.before, before))
            amounts = quantities(stretch.text)
            its, earlier = rates(stretch.own), rates(stretch.before)
            for kind, units in per.items():
                found += top * (
                    1.0 if units & its.get(kind, set()) else _LEFT_OUT * bool(kind not in its and units & earlier.get(kind, set()))
                )
            for other in others:
                if any(carries(q, other) for q in amounts):
                    found += top
                elif not any(q.unit == other.unit for q in amounts):
                    found += top * _LEFT_OUT * any(carries(q, other) for q in quantities(stretch.before))
            found += top * sum(_named(name, stretch) for name in named)
            own = nouns(stretch.own)
            unsaid = sum(not any(m.within(moment) for moment in claim.moments) for m in moments(stretch.own))
            said = sum(word in told for word in own) / (len(own) + unsaid) if own or unsaid else 1.0
            return found / total + _SAID * said

        return held

    def _of_dates(self) -> Iterator[Problem]:
        for moment in self._claim.moments:
            written = self._said(moment.start, moment.end)
            dated = [ground for ground in self._there if _dated(moment, ground)]
            if not dated:
                yield Problem(Fault.DATE, written)
                continue
            if moment.month is None and moment.day is None and self._claim.quantities:
                continue  # the years of figures were looked at with them
            if not any(_meets(moment, m, ground) for ground in dated for m in ground.moments):
                continue  # the whole passage is about that year
            of_it = self._items_about(moment.start)
            own = max(of_it(g.of_moment(m)) for g in dated for m in g.moments if _meets(moment, m, g))
            rivals = [
                of_it(ground.of_moment(m), _LEFT_OUT_OF_RIVAL)
                for ground in self._there
                for m in ground.moments
                if not any(_meets(said, m, ground) for said in self._claim.moments) and _as_fine(m, moment)
            ]
            if max(rivals, default=0.0) > own + _ELSEWHERE:
                yield Problem(Fault.BELONGING, written)

    def _of_names(self) -> Iterator[Problem]:
        standing = self._standing()
        for name in self._claim.names:
            written = self._text[name.start : name.end]
            if not any(stands(name, ground.passage) for ground in self._there):
                yield Problem(Fault.NAME, written)
            elif standing and not any(self._is_said_of(name, ground) for ground in standing):
                yield Problem(Fault.SUBJECT, written)

    def _of_strangers(self) -> Iterator[Problem]:
        """What is named in no word of what is cited, though no pattern of names finds it: 汉哀帝, 救护车."""
        for word in self._claim.specific:
            if all(means(word, ground.passage) < _STRANGE for ground in self._there):
                yield Problem(Fault.NAME, word)

    def _is_said_of(self, name: Name, ground: Ground) -> bool:
        """Whether a sentence speaks of the name: itself, or what it leans on; a person only where the sentence names no stranger."""
        if stands(name, ground.text):
            return True
        if name.kind in _OF_TOPIC:
            return stands(name, ground.passage)
        if name.kind != "person":
            return stands(name, f"{ground.about}\n{ground.earlier}")
        strangers = [
            other for other in names(ground.text) if other.kind == "person" and other.name not in self._folded and not is_known(other.name)
        ]
        return not strangers and stands(name, f"{ground.about}\n{ground.earlier}")

    def _of_wording(self) -> Iterator[Problem]:
        standing = self._speaking()
        said = self._folded[self._claim.start : self._claim.end]
        found = [(region, ground) for ground in standing if (region := self._region(ground))]
        regions = [region for region, _ in found]
        if not regions:
            return
        # What a rule applies to (停水停电的，) is said of no case.
        conditional = said.rstrip("".join(_ENDS)).endswith("的")
        if not conditional and all(denied_by_one(said, region.text) for region in regions):
            yield Problem(Fault.DENIAL, self._whole)
        ways = changes(said)
        there = [changes(region.text) for region in regions]
        for way in ways:
            if OPPOSITE[way] not in ways and all(OPPOSITE[way] in its and way not in its for its in there):
                yield Problem(Fault.DIRECTION, self._whole)
        sentence = self._folded[slice(*self._claim.sentence)]
        of_plan = all(planned(region.before + region.text) for region in regions) and not maybe_planned(sentence)
        of_fact = planned(said) and not any(maybe_planned(region.before + region.text) for region in regions)
        if of_plan or of_fact:
            yield Problem(Fault.PLAN, self._whole)
        held = [share(self._weights, (region.text, 1.0)) for region in regions]
        closest = [pair for pair, much in zip(found, held, strict=True) if much >= max(held) - _AS_GOOD]
        if all(of_twin(said, region.text, ground.passage) for region, ground in closest):
            yield Problem(Fault.SUBJECT, self._whole)
        if sibling := self._sibling(regions):
            yield Problem(Fault.CONTRARY, sibling)
        for name in self._claim.names:
            if name.kind == "person":
                places = [place for ground in standing if (place := self._region(ground, name.name)) is not None]
                if places and all(is_another(name, place, self._folded) for place in places):
                    yield Problem(Fault.SUBJECT, name.name)
        if not self._claim.quantities and not self._claim.moments and all(self._is_split(ground) for ground in standing):
            yield Problem(Fault.SUBJECT, self._whole)
        if all(limits(_up_to_semicolons(region, ground)) - limits(sentence) for region, ground in found):
            yield Problem(Fault.LIMIT, self._whole)
        if _none_of(by_whom(said, ground, self._there) for ground in standing):
            yield Problem(Fault.SUBJECT, self._whole)
        if _none_of(of_rank(said, ground) for ground in standing):
            yield Problem(Fault.BELONGING, self._whole)
        others = [displaced(said, region.text, ground.context) for region, ground in found]
        if all(others):
            yield Problem(Fault.CONTRARY, others[0][0])
        missing = [missing_ranks(said, ground.context) for ground in standing]
        if all(missing):
            yield Problem(Fault.RANK, missing[0][0])

    def _is_split(self, ground: Ground) -> bool:
        """Whether the claim puts together what a sentence says of two things in clauses that are alike: 有害垃圾定期收集，厨余垃圾每天收集.

        The clause that holds most of the claim names another thing, and what it has not stands in one that shares words with it.
        """
        said = [word for word in self._weights if means(word, ground.text) > HALF]
        pieces = [ground.text[start:end] for start, end in ground.clauses]
        if not said or len(pieces) < _FEWEST_ALIKE:
            return False
        holding = [{word for word in said if means(word, piece) > HALF} for piece in pieces]
        best = max(range(len(pieces)), key=lambda place: sum(self._weights[word] for word in holding[place]))
        start = max((place + 1 for place in range(best) if pieces[place].endswith(";")), default=0)
        end = next((place + 1 for place in range(best, len(pieces)) if pieces[place].endswith(";")), len(pieces))
        subject = next((noun for noun in self._claim.nouns if noun in said and means(noun, ground.about) < HALF), "")
        if subject and not any(subject in held for held in holding[start:end]):
            return True
        missing = {word for word in said if word not in holding[best] and len(word) > 1}
        others = [
            held for place, held in enumerate(holding) if place != best and held & missing and (held & holding[best]) - {*self._claim.nouns}
        ]
        return bool(others) and any(means(noun, self._folded) < HALF for noun in nouns(pieces[best]))

    def _region(self, ground: Ground, without: str = "") -> Stretch | None:
        """The clauses of a sentence that say what the claim says, with what it has before them; None where none comes near.

        Words that are part of `without` are left out of account.
        """
        weights = {w: weight for w, weight in self._weights.items() if means(w, ground.text) > HALF and not (without and w in without)}
        if not weights or not ground.clauses:
            return None
        pieces = [ground.text[start:end] for start, end in ground.clauses]

        def of_it(piece: str) -> float:
            top = max(weights.values()) * _ITEM
            carried = [q for q in self._claim.quantities if any(carries(found, q) for found in quantities(piece))]
            said = [q for q in self._claim.quantities if any(carries(found, q) for found in ground.quantities)]
            total = sum(weights.values())
            return (total * share(weights, (piece, 1.0)) + top * len(carried)) / (total + top * len(said))

        chosen = {max(range(len(pieces)), key=lambda place: of_it(pieces[place]))}
        for place in range(len(pieces)):
            region = "".join(pieces[other] for other in sorted(chosen))
            if of_it(region + pieces[place]) >= of_it(region) + _ADDED:
                chosen.add(place)
        if sum(weights.values()) < _CLOSE * sum(self._weights.values()):
            return None
        region = "".join(pieces[place] for place in sorted(chosen))
        before = "".join(pieces[: min(chosen)])
        return Stretch(region, region, before[before.rfind(";") + 1 :], ground.inherited)


def _none_of(verdicts: Iterable[bool | None]) -> bool:
    """Whether what has a verdict says no, and something has one."""
    given = [verdict for verdict in verdicts if verdict is not None]
    return bool(given) and not any(given)


def _is_start(folded: str, position: int) -> bool:
    """Whether what stands at a position is what a change starts from: 90 in 从90人减到26人."""
    return _START.search(folded[:position]) is not None


def _up_to_semicolons(region: Stretch, ground: Ground) -> str:
    """What stands in a sentence between semicolons around some of its clauses."""
    there = [start for start, end in ground.clauses if ground.text[start:end] in region.text]
    first = ground.text.rfind(";", 0, there[0]) + 1 if there else 0
    last = ground.text.find(";", there[-1]) if there else -1
    return ground.text[first : last if last >= 0 else len(ground.text)]


def _carriers(quantity: Quantity, there: Sequence[Ground]) -> list[tuple[Ground, Quantity]]:
    return [(ground, found) for ground in there for found in ground.quantities if carries(found, quantity)]


def _named(name: Name, stretch: Stretch) -> float:
    """How far a stretch is about a name: by what stands before it only where it names no other of the kind itself."""
    if stands(name, stretch.text):
        return 1.0
    another = any(other.kind == name.kind for other in names(stretch.text))
    return 0.0 if another or not stands(name, stretch.before) else _LEFT_OUT


def _dated(moment: Moment, ground: Ground) -> bool:
    """Whether the sentence is about the date: it names it, or gives its month and day within its year."""
    return any(_meets(moment, other, ground) for other in ground.moments) or (
        moment.month is None and moment.day is None and moment.year in ground.inherited
    )


def _meets(moment: Moment, other: Moment, ground: Ground) -> bool:
    inherited: list[int | None] = [*ground.years_at(other.start)]
    years = [other.year] if other.year is not None else inherited or [None]
    return any(moment.within(Moment(0, 0, year, other.month, other.day)) for year in years)


def _as_fine(one: Moment, other: Moment) -> bool:
    """Whether a date says all the parts that the other does."""
    return all(mine is not None or its is None for mine, its in ((one.year, other.year), (one.month, other.month), (one.day, other.day)))
