"""Makes a follow-up a whole question by rules, from the turns before it and without a model; knows nothing of what is stored."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answers import references
from rag.answers.question import ASKED_UNIT, ASKING, INTERROGATIVE, MARKS, Kind, parse
from rag.answers.swapping import swapped
from rag.answers.topic import carried, is_asking, names_its_own, thing, topic
from rag.chinese import figures
from rag.chinese.scripts import fold
from rag.chinese.terms import tagged
from rag.records import Turn

REACH = 4
"""How many turns back a follow-up may point: beyond that nobody remembers what 它 was."""

LOOKED_AT = 3 * REACH
"""How many turns are made whole where they were not: those behind them hang on nothing older."""

LONGEST = 80
"""Characters of a follow-up, at the most: a longer question says what it is about."""

_LED_IN = re.compile(
    r"^(?:(?:好的?|谢谢|明白了?|知道了|请问|另外|哦|嗯|噢|那么|然后|再问一下|我想知道|你知道|能告诉我|请?告诉我|我?想问(?:一下)?|那(?!里|儿|边|时|天|次|些|位|个|家|条|项|款|场|本|部|栋|种|座(?!位)|年(?!利)|是|有|要|在|$))"
    r"[\s，,。.!！、]*)+"
)
_MORE = re.compile("(?:还有(?:呢|吗|什么|哪些|谁|别的吗?|其[他它]的?[吗呢]?)?|(?:其[他它]的?|别的)呢|除此之外呢?|除了这些呢?)")
_WHY = re.compile("(?:[这那]|这又)?(?:是)?(?:为什么|为何|怎么会(?:这样)?|什么原因|原因(?:是什么|何在|呢)?)(?:呢|啊|会?这样|这么做|要这样)?")
_WHO_SAID = re.compile("(?:[这那](?:话|句话)?)?(?:是)?谁(?:这么)?(?P<verb>说|讲|介绍|表示|透露|解释)(?:的)?(?:呢)?")
_HOW = re.compile("(?:那|他们|这)?(?P<how>(?:具体)?(?:是|又是)?(?:怎么|如何|怎样)(?:做|做到|实现|办|办到|操作)(?:的|到的|呢)?)")
_WHEN = re.compile("(?:[这那]?(?:是)?)?(?:在)?(?P<when>什么时候|什么时间|何时|哪(?:一)?[天年月])(?:的事|的|呢|啊)?")
_POINTS = re.compile("[这该](?![么样])|那[场本部栋种条座个位家项款台辆]")
_AS_BEFORE = re.compile(r"呢[\s?？。]*$")
_COURTESY = re.compile("^(?:谢谢|再见|好的?|你好|您好|继续)")
_OF_NOTHING_SAID = re.compile("[你我您咱]|今天|明天|昨天|现在几点|星期几")
"""What is asked of the one who answers, or of the day, and of no document."""


def whole(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked without the turns before it, which are given oldest first, their questions whole.

    A question that is whole stays exactly as it is, and so does one of which it is not clear what it follows.
    """
    asked = _after_lead(question.strip())
    folded = fold(asked)
    if not history or not MARKS.sub("", asked) or len(question) > LONGEST or _COURTESY.search(folded) or _OF_NOTHING_SAID.search(folded):
        return question
    recent = (turn for turn in reversed(history[-REACH:]) if len(turn.question) <= LONGEST and not _COURTESY.search(fold(turn.question)))
    turns = [turn for turn in recent if parse(turn.question)]
    made = _made_whole(asked, turns) if turns else ""
    return f"{made.rstrip('?？。. ')}？" if made else question


def whole_turns(said: Sequence[Turn]) -> list[Turn]:
    """The turns of a conversation as it was typed, oldest first, with each question made whole from the turns before it."""
    turns: list[Turn] = []
    for turn in said[-LOOKED_AT:]:
        turns.append(replace(turn, question=whole(turn.question, turns)))
    return turns


def _made_whole(asked: str, turns: Sequence[Turn]) -> str:
    """The follow-up made whole from the turns, latest first; "" where it is whole, or nothing fits."""
    if (made := _of_the_same(MARKS.sub("", asked), turns[0])) is not None:
        return made
    if references.points_back(asked):
        return references.resolved(asked, turns)
    of_its_kind = (swapped(asked, turn.question, last=turn is turns[0]) for turn in turns)
    return next(filter(None, of_its_kind), "") or _with_a_subject(asked, turns)


def _after_lead(question: str) -> str:
    """The question without the words that lead over to it: "那2021年呢" → "2021年呢"."""
    found = _LED_IN.match(fold(question))
    return question[found.end() :] if found else question


def _of_the_same(bare: str, turn: Turn) -> str | None:
    """What a few words ask of all that was said before them: for more of it, why, who says so; None where they do not, "" for no answer."""
    before, folded = turn.question, fold(bare)
    if _MORE.fullmatch(folded):
        return _more(before)
    (asked, *_) = parse(before)
    stated, about = _stated(asked.whole), topic(before)
    rest = stated.removeprefix(about) if about else stated
    if _WHY.fullmatch(folded):
        if asked.kind is Kind.REASON:
            return ""
        return f"{about}为什么{rest}" if about and rest else f"{stated}的原因是什么"
    if said := _WHO_SAID.fullmatch(folded):
        return f"{stated}是谁{bare[said.start('verb') : said.end('verb')]}的"
    if how := _HOW.fullmatch(folded):
        return f"{stated}{'' if '是' in how['how'] else '是'}{bare[how.start('how') : how.end('how')]}"
    if (when := _WHEN.fullmatch(folded)) and asked.kind is not Kind.TIME and about and rest:
        return f"{about}{bare[when.start('when') : when.end('when')]}{rest}"
    return None


def _more(before: str) -> str:
    """The question asked for more: 还来自哪些国家 of 来自哪些国家."""
    folded = fold(before)
    asking = ASKING.search(folded)
    if asking is None or "还" in folded or parse(before)[0].kind in (Kind.FIGURE, Kind.TIME, Kind.REASON):
        return ""
    start = end = 0
    run = asking.start()
    for word, tag in tagged(folded[: asking.start()]):
        start = folded.find(word, end)
        if not tag.startswith("v"):
            run = asking.start()
        elif run == asking.start():
            run = start
        end = start + len(word)
    return f"{before[:run]}{'还' if run < asking.start() or folded[run:].startswith('有') else '还有'}{before[run:]}"


def _stated(question: str) -> str:
    """What the question takes for granted: 岚溪的茶园提前开采 of 岚溪的茶园为什么提前开采."""
    folded = fold(question)
    pieces: list[str] = []
    end = 0
    for found in sorted([*ASKED_UNIT.finditer(folded), *ASKING.finditer(folded)], key=lambda match: (match.start(), -match.end())):
        if found.start() < end:
            continue
        pieces.append(question[end : found.start()])
        if found[0].startswith("哪些"):
            pieces.append(f"这些{question[found.start() + 2 : found.end()]}")
        end = found.end()
    pieces.append(question[end:])
    return re.sub("(?:是|有|为|了|在|的)+$", "", MARKS.sub("", "".join(pieces)))


def _with_a_subject(asked: str, turns: Sequence[Turn]) -> str:
    """The question with the thing spoken of before it, where it names none itself; "" where it does, or nothing was."""
    before = turns[0].question
    if _POINTS.match(fold(asked)):
        return ""  # at something of which nobody spoke
    said = before.replace(thing(before), "", 1)
    if not is_asking(asked) or names_its_own(asked, said) or (_AS_BEFORE.search(fold(asked)) and not INTERROGATIVE.search(fold(asked))):
        return ""
    for turn in turns:
        about = carried(turn.question, asked)
        for (_, counted), written in figures.ordinals(about).items():
            if any(counted == other for _, other in figures.ordinals(asked)):
                about = about.replace(written, "")  # 第二条 is of the law, and not of 第一条
        if about and fold(about) not in fold(asked):
            return f"{about}{asked}"
    return ""
