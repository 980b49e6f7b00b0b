"""Tells a question about several things from one about one: what is asked of each, and what is to be made of the answers together."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from rag.answers.question import ASKED_UNIT, is_measure
from rag.chinese import figures, width
from rag.chinese.scripts import fold
from rag.chinese.terms import tagged

MOST = 4
"""Things that are asked about together, at the most."""


class Operation(StrEnum):
    """What is made of the answers: nothing, which is the most or the least, the first or the last, or one value out of all."""

    EACH = "each"
    MOST = "most"
    LEAST = "least"
    FIRST = "first"
    LAST = "last"
    DIFFERENCE = "difference"
    GROWTH = "growth"
    SUM = "sum"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class Joint:
    """Two things or more, what is asked of each, in the same order, and what is to be made of the answers.

    `adjective` is what one of them is more than the others (高, 早), where that is asked.
    """

    things: tuple[str, ...]
    questions: tuple[str, ...]
    operation: Operation
    adjective: str = ""


_LED_IN = re.compile(r"^(?:请问|请|帮我|我想知道)?(?:比较|对比)?(?:一下)?[，, ]*(?:从(?=[12]\d{3}年))?")
_AND = "和|与|跟|同(?![比时期])|以及|及(?!其)|、|还是"
_JOINED = re.compile(f"({_AND}|(?<![相对])比(?![较例重率])|(?<=年)(?:到|至))")
_WHICH = (
    "(?:之间|两者|两个|相比|当中|中|里)?[，, ]*(?:是)?"
    "(?:谁|哪(?:一)?(?:[个家条座所种年款位项支只届次部]|方)?(?:公司|企业|单位|地方|城市|线路)?)(?:的)?"
)
_MUCH, _LITTLE = "大|高|多|长|快|贵|重|宽|深|远|强|广|久", "小|低|少|短|慢|便宜|轻|窄|浅|近|弱"
_MORE = "(?:更|较|最|比较|相对)?(?:为|要)?"
_CHOICE = re.compile(
    f"^(?P<topic>.*?){_WHICH}(?P<measure>.*?){_MORE}(?:(?P<most>{_MUCH})|(?P<least>{_LITTLE})|(?P<first>早|先)|(?P<last>晚|迟|后))(?:一些|些|点|一点)?$"
)
_SOONER = re.compile(f"^(?P<topic>.*?){_WHICH}(?:更|最|比较)?(?:(?P<first>早|先)|(?P<last>晚|迟|后))(?P<measure>[一-鿿]{{2,8}}?)的?$")
"""Which of them does something first: 哪个先动工."""

_DIFFERENCE = re.compile(r"^(?P<measure>.*?)(?:相差|差距|之差|差|差异)(?:是|有|为)?(?:了)?(?P<much>多少|几)?.*$")
_MORE_BY = re.compile(f"^(?P<measure>.*?)(?P<asked>{_MUCH}|{_LITTLE})(?:了|出)?(?:多少|几).*$")
_GROWN = re.compile(
    "^(?P<measure>.*?)(?:增长|增加|上升|提高|提升|下降|减少|降低|涨|跌|多|少)(?:幅度|率|额|量)?(?:了|出)?(?:是|有)?(?:多少|几|百分之几|多大|几成).*$"
)
_SUM = re.compile("^(?P<measure>.*?)(?:加起来|加在一起|合在一起|合起来|一共|总共|合计|共计|总计|之和|总和|共(?!同|享|建|产))(?P<rest>.*)$")
_AVERAGE = re.compile("^(?P<measure>.*?)平均(?:值|数)?(?:是|为|有)?(?P<rest>.*)$")
_EACH = re.compile("^(?P<topic>.*?)(?:分别|各自|各(?![种类项界地级]))(?P<rest>.+)$")
_APART = re.compile("^(?:在|于)?(?:分别|各自|各)(?:进行|发生)?")
_COMPARING = frozenset({"比", "到", "至"})
_ASKS = re.compile("(?:各)?(?:是|有|为)?(?:多少|几).*$")
_MUCH_OF = {
    "贵": "多少钱",
    "便宜": "多少钱",
    "低": "多高",
    "短": "多长",
    "轻": "多重",
    "窄": "多宽",
    "浅": "多深",
    "慢": "多快",
    "近": "多远",
    "少": "多少",
    "小": "多大",
    "多": "多少",
}
_OF_TIME = re.compile("(?:的)?(?:时间|日期|年份|得)?$")
_END = re.compile("[？?。！! ]+$")
_TURNED = re.compile("在?(?P<years>[12]\\d{3}年?(?:[和与、及][12]\\d{3}年?)+)")
_BEGINS_WITH_YEAR = re.compile(r"[12]\d{3}年")
_OF_MEASURE = re.compile("(?:总|净|毛|(?:人|年|月|日|平)均)$")
_SAYS = frozenset({"v", "d", "a", "p"})
_RIGHT_ENDS = re.compile(
    "的|在(?=[12]\\d{3})|于(?=[12]\\d{3})|分别|各自|各(?=[有是为自占])|相比|之间|当中|，|,|谁|哪|相差|合计|总共|一共|加起来|共(?=有|计)|平均|两者"
    f"|(?:{_MUCH}|{_LITTLE})(?:了|出)?(?=多少|几)|多少"
)


def joint(question: str) -> Joint | None:
    """What is asked about several things together; None for any other question.

    "甲厂和乙厂2022年的产值哪个高" asks "甲厂2022年的产值是多少" and the same of 乙厂, and which is more; "2021年和2022年的产值相差多少"
    asks of either year; "甲厂和乙厂在2018年和2019年分别换了谁" asks of 甲厂 in 2018 and of 乙厂 in 2019.
    """
    text = _LED_IN.sub("", _END.sub("", fold(question)))
    if re.search("[？?。！!；;]", text):
        return None
    found = _things(text)
    if found is None:
        return None
    things, rest, by = found
    for told in (_chosen, _computed, _apart):
        if made := told(things, rest, by):
            return replace(made, things=tuple(_as_asked(thing, question) for thing in made.things))
    return None


def _as_asked(thing: str, question: str) -> str:
    """The thing with its Latin letters as the question has them: folded, ABC公司 is abc公司."""
    for word in re.findall("[A-Za-z]+", width.narrow(question)):
        thing = re.sub(f"(?<![a-z]){word.lower()}(?![a-z])", word, thing)
    return thing


def _things(text: str) -> tuple[list[str], str, str] | None:
    """The things that a text begins with, what follows them, and the word that joins them; None where it begins with one alone."""
    joined = [match for match in _JOINED.finditer(text) if match.start() > 0]
    if not joined:
        return None
    first = joined[0]
    pieces = [text[: first.start()].rstrip("，, ")]
    position = first.end()
    rest = ""
    while True:
        following = next((match for match in joined if match.start() > position), None)
        end = _end_of_thing(text, position, year=pieces[0].endswith("年"))
        if following is not None and following.start() <= end:
            pieces.append(text[position : following.start()])
            position = following.end()
            continue
        pieces.append(text[position:end])
        rest = text[end:]
        break
    pieces = [piece.strip("，, ") for piece in pieces]
    if not all(pieces) or len(pieces) > MOST:
        return None
    whole = _made_whole(pieces)
    return (whole, rest.removeprefix("的"), first[1]) if len(set(whole)) == len(whole) else None


def _end_of_thing(text: str, start: int, *, year: bool) -> int:
    """Where the thing that begins at `start` ends: before 的, 分别, what asks, or a measure; behind a year, if it is to be a `year`."""
    found = _RIGHT_ENDS.search(text, start + 1)
    end = found.start() if found else len(text)
    begun = _BEGINS_WITH_YEAR.match(text, start)
    if begun and (year or begun.end() == end):
        return begun.end()
    position = first = begun.end() if begun else start
    for word, tag in tagged(text[first:end]):
        place = text.find(word, position)
        if place > start and (is_measure(word) or (tag in _SAYS and _ends_a_name(text[start:place]))):
            kind = _OF_MEASURE.search(text, start, place)  # 总投资 is cut into 总 投资
            return kind.start() if kind and is_measure(word) else place
        position = place + len(word)
    return end


def _ends_a_name(name: str) -> bool:
    """Whether a name can end so: with a year, a number for a name, or a word of two characters."""
    return bool(re.search(r"年$|号线$|公司$|集团$|厂$|[市县区镇乡村省]$|[路桥楼馆站园]$", name)) or len(name) > 3


def _made_whole(pieces: list[str]) -> list[str]:
    """The things, each with what it shares with another.

    甲厂2021年和2022年 are 甲厂2021年 and 甲厂2022年; 甲厂和乙厂2022年 are of one year.
    """
    spans = [figures.year_spans(piece) for piece in pieces]
    if all(spans):
        first, last = pieces[0], pieces[-1]
        bare = [piece[low:high] == piece for piece, ((low, high), *_) in zip(pieces, spans, strict=True)]
        low, high = spans[0][0]
        if not bare[0] and all(bare[1:]):  # 甲厂2021年产值和2022年
            return [first, *(f"{first[:low]}{piece}{first[high:]}" for piece in pieces[1:])]
        low, high = spans[-1][0]
        if all(bare[:-1]) and not bare[-1] and low == 0:  # 2021年和2022年甲厂
            return [*(f"{piece}{last[high:]}" for piece in pieces[:-1]), last]
        return pieces
    if spans[-1] and not any(spans[:-1]) and spans[-1][-1][1] == len(pieces[-1]):  # 甲厂和乙厂2022年
        low, high = spans[-1][-1]
        year = pieces[-1][low:high]
        return [*(f"{piece}{year}" for piece in pieces[:-1]), pieces[-1]]
    if spans[0] and not any(spans[1:]) and spans[0][0][0] == 0:  # 2022年甲厂和乙厂
        year = pieces[0][: spans[0][0][1]]
        return [pieces[0], *(f"{year}{piece}" for piece in pieces[1:])]
    return pieces


def _chosen(things: list[str], rest: str, _: str) -> Joint | None:
    """Which of them is the most, the least, the first or the last."""
    match = _CHOICE.match(rest) or _SOONER.match(rest)
    if match is None:
        return None
    topic, measure = (_APART.sub("", _bare(match[name])) for name in ("topic", "measure"))
    if match["first"] or match["last"]:
        topic, measure = _OF_TIME.sub("", topic), _OF_TIME.sub("", measure)
        about = topic if measure in topic else measure
        questions = [f"{thing}{about}是什么时候" for thing in things]
        operation = Operation.FIRST if match["first"] else Operation.LAST
        return Joint(tuple(things), tuple(questions), operation, match["first"] or match["last"])
    about = measure if not topic or topic in measure else f"{topic}{measure}"
    operation = Operation.MOST if match["most"] else Operation.LEAST
    return _asked_of(things, about, match["most"] or match["least"], operation)


def _asked_of(things: list[str], about: str, adjective: str, operation: Operation) -> Joint:
    """How much each of the things has of what is asked about: by the measure, else by the adjective alone (多长)."""
    if about:
        things = [thing.removesuffix(about).removesuffix("的") for thing in things]
    else:
        things, about = _without_measure(things)
    if is_measure(about):
        return Joint(tuple(things), tuple(f"{thing}的{about}是多少" for thing in things), operation, adjective)
    asked = f"{about or '有'}{_MUCH_OF.get(adjective, f'多{adjective}')}"
    return Joint(tuple(things), tuple(f"{thing}{asked}" for thing in things), operation, adjective)


def _computed(things: list[str], rest: str, by: str) -> Joint | None:
    """What one value is to be made of theirs."""
    years = all(figures.years(thing) for thing in things)
    compared = by in _COMPARING or rest.startswith("相比")
    rest = rest.removeprefix("相比").lstrip("，, ")
    if compared:
        forms = [(Operation.GROWTH, _GROWN)] if years else []
        forms.append((Operation.DIFFERENCE, _MORE_BY))
    else:
        forms = [(Operation.AVERAGE, _AVERAGE), (Operation.SUM, _SUM), (Operation.DIFFERENCE, _DIFFERENCE)]
    for operation, form in forms:
        if (match := form.match(rest)) is None or not (_asks_how_much(rest) or operation is Operation.DIFFERENCE):
            continue
        told = match.groupdict()
        measure = _bare(told["measure"]) or _bare(_ASKS.sub("", told.get("rest") or ""))
        if not measure and (adjective := told.get("asked")):
            return _asked_of(things, "", adjective, operation)
        if not measure:
            things, measure = _without_measure(things)
        unit = ASKED_UNIT.search(rest)
        much = unit[0] if unit and not unit[0].endswith(("%", "倍", "成")) else "多少"
        asked = f"是{much}" if is_measure(measure) else f"有{much}"
        return Joint(tuple(things), tuple(f"{thing}{'的' if measure else ''}{measure}{asked}" for thing in things), operation)
    return None


def _apart(things: list[str], rest: str, _: str) -> Joint | None:
    """What is asked of each for itself."""
    match = _EACH.match(rest)
    if match is None:
        return None
    topic, asked = match["topic"], match["rest"]
    if (turned := _TURNED.search(said := f"{topic}\n{asked}")) and len(years := re.findall(r"[12]\d{3}", turned["years"])) == len(things):
        topic, asked = (said[: turned.start()] + said[turned.end() :]).split("\n")
        things = [f"{thing}{year}年" for thing, year in zip(things, years, strict=True)]
    topic = topic.strip("的，, ")
    joined = "的" if topic and is_measure(topic) else ""
    return Joint(tuple(things), tuple(f"{thing}{joined}{topic}{asked}" for thing in things), Operation.EACH)


def _asks_how_much(rest: str) -> bool:
    return re.search("多少|几(?!乎)|多大", rest) is not None or is_measure(rest.rstrip("是有为"))


def _without_measure(things: list[str]) -> tuple[list[str], str]:
    """The things without the measure that one of them bears, and the measure: 甲厂的产值比乙厂高多少, 甲厂2022年产值比2021年."""
    for thing in things:
        _, of, behind = thing.rpartition("的")
        tails = [behind] if of else [thing[cut:] for cut in range(len(thing) - 2, 0, -1)]
        if tail := next((tail for tail in tails if is_measure(tail)), ""):
            kind = _OF_MEASURE.search(thing[: len(thing) - len(tail)])
            tail = thing[kind.start() :] if kind else tail
            return [other.removesuffix(tail).removesuffix("的") for other in things], tail
    return _without_tail(things)


def _without_tail(things: list[str]) -> tuple[list[str], str]:
    """The things without what only the first of them bears behind the end that it shares with the next: 新馆藏书, 老馆."""
    first, *others = things
    for size in (2, 1):
        end = first.rfind(others[0][-size:]) + size
        if end > size and (tail := first[end:]):
            return [first[:end], *others], tail
    return things, ""


def _bare(text: str) -> str:
    return text.strip("的，, 在是有")
