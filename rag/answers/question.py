"""What a question asks for, read from its words: the kind of thing, its unit, its parts, and what it will not do without."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from rag.chinese import figures
from rag.chinese.names import is_person
from rag.chinese.scripts import fold
from rag.chinese.terms import FUNCTION_WORDS, tagged


class Kind(StrEnum):
    """The kind of thing that answers."""

    FIGURE = "figure"
    TIME = "time"
    PERSON = "person"
    ROLE = "role"
    PLACE = "place"
    REASON = "reason"
    MANNER = "manner"
    LIST = "list"
    WHETHER = "whether"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked: `asked` as it was written, `text` its `whole` folded, `content` the words of it that carry meaning.

    `whole` is what it asks without what was asked before it: "票价多少" behind "三号线哪天开通" is "三号线票价多少"; it is what is
    searched and read for.
    `unit` is the unit asked for, of a figure or a time ("" where any will do); `years`, `ordinals`, `numbered` (3号线), `plans` and the
    `office` whose holder is asked for are what the answer has to be about. `person` is who is asked what they are (邱望舒是谁), by name.
    """

    asked: str
    whole: str
    text: str
    content: str
    kind: Kind
    unit: str = ""
    years: frozenset[int] = frozenset()
    ordinals: Mapping[tuple[int, str], str] = field(default_factory=dict)
    numbered: Mapping[tuple[int, str], str] = field(default_factory=dict)
    plans: frozenset[str] = frozenset()
    office: str = ""
    person: str = ""


_REASON = re.compile("为什么|为何|何以|(?:什么|哪些|啥)(?:主要)?(?:原因|缘故)|原因(?:是|有|何)|怎么会|凭什么|原因$")
_WHETHER = re.compile("是否|是不是|有没有|有无|能否|可否|会否|(能|会|要|该|可)不(?:\\1|可以)|吗$")
_LIST = re.compile("哪些|哪几|有什么|有啥|都有谁|分别(?:是|为|有)|列举|包括什么|什么(?:产品|措施|做法|内容|特点|功能)|名单$")
_PERSON = re.compile(
    "谁|哪(?:一)?位|哪个人|(?<!任)何人|什么人(?!员)|(?:记者|作者|负责人|会长|校长|主任|董事长|总裁|市长|局长|导演|编剧|主演|主持人|发言人|得主|获得者|创始人)(?:是)?$"
)
_ROLE = re.compile(
    "是(?:干什么|做什么|干啥|什么(?:人|身份|职务|职位))|什么(?:职务|职位|身份|职业)|(?:任|担任)(?:什么|何(?!人|事|时))|(?:职务|职位|身份|头衔)(?:是什么)?$|的什么人"
)
_WHO_IS = re.compile("([一-鿿·]{2,12})(?:是|又是)谁(?:啊|呀)?")
"""Of a person it asks what he is (邱望舒是谁), of an office who holds it (馆长是谁)."""
_TIME = re.compile(
    "什么时(?:候|间|期)|何时|哪(?:一)?(?:年|天|日|月)|几(?:月|号|日|点)|多久|年份|日期|时间(?:是|$)|何年|何日|(?:起止|截止|开工|开业|竣工)时间"
)
_PLACE = re.compile(
    "哪里|哪儿|在哪|何地|何处|什么地方|位于|(?:哪|什么|何)(?:一)?(?:个)?(?:省|市|城市|县|区|国家|国|地方|地区|镇|村|州)|地点|地址|所在地|去哪|到哪"
)
_ASKS_YEAR = re.compile("哪(?:一)?年|何年|年份")
_ASKS_DAY = re.compile("哪(?:一)?(?:天|日)|几(?:号|日)|何日|日期")
_MANNER = re.compile("怎么|怎样|如何|(?:做法|措施|办法|方式|步骤|对策|成效)(?:是|有|和|及|$)")
ASKED_UNIT = re.compile(
    r"(?:多少|几(?!乎|何|经)|第几)(?P<unit>个百分点|平方公里|平方米|公里|亿美元|亿元|万元|万人|万辆|美元|欧元|人次|小时|分钟"
    r"|家|辆|个|倍|吨|名|位|项|次|届|席|篇|座|亩|条(?!件)|台|架|艘|枚|张|套|件|所|间|户(?!籍|口)|层|种|类|部|集|首|本|米|度|岁|天|年|月|秒|成|折|票|场|局|轮|支|只|头|株|棵|字|页|级|期|步|人|钱|元|块|%)"
)
_FIGURE = re.compile("多少|几(?!乎|何|经)|多(?:大|高|长|远|重|宽|深|快|厚)|占比|百分比")
_QUANTITY = re.compile(
    "(?:产值|产量|总?面积|人口|比例|比重|占比|增速|增幅|降幅|增长率|准确率|利用率|[^效]率|金额|总额|[^名]额|收入|营收|利润|产能|销量|数量|人数|户数|规模"
    "|总数|总量|价格|售价|单价|票价|成本|投资|总投资|长度|高度|宽度|重量|年龄|温度|份额|里程|排名|名次|得分|分数|市值|估值|工资|薪资|票房|席位|震级|海拔|时长)(?:有?多少|是|为|呢)?$"
)
_PERCENT = re.compile("率$|率是|占[^占]{1,12}(?:多少|几)|比重|占比|比例|百分比|份额|增速|增幅|降幅")
_MONEY = re.compile("多少钱|产值|总额|金额|收入|营收|利润|成本|投资额|售价|单价|票价|价格|市值|估值|执行额|合同额|总投资")
_AREA = re.compile("面积")

ASKING = re.compile(
    "(?:哪些|哪个|哪几个|哪|什么)(?:国家|城市|地方|地区|省份|省|市|县|区|单位|部门|公司|企业|人物|人|时间|日期|年份|地点|原因|方式|方法|措施)|"
    "请问|请告诉我|告诉我|我想知道|你知道|为什么|为何|何以|是多少|有多少|多少钱|多少|是什么样子?的?|是什么|什么时候|什么时间|什么地方|什么样子?|什么人|什么|"
    "哪些|在?哪里|在?哪儿|哪个|哪一?位|哪一?年|哪一?天|哪种|哪几|在哪|哪|何时|何地|何处|何人|怎么样|怎么|怎样|如何|多大|多高|多长|多远|多久|第几|几|"
    "是谁|有谁|谁家|谁|是不是|是否|有没有|吗|呢|吧|啊|有哪些|有啥|啥|干什么|做什么|分别"
)
_SENTENCE = re.compile("([^?？。!！;；]+)([?？。!！;；]?)")
_JOINED = re.compile(r"，|,(?!\d{3}(?!\d))|以及|并且")
INTERROGATIVE = re.compile(
    r"谁|什么|啥|哪(?![吒怕])|几(?!乎|何|经|十|百|千|万|亿|内亚)|多少|(?<![许很众太])多[大高长远久]|何[时地处人年日]|为何|怎|如何|是否|有没有|吗"
)
_NO_QUESTION = re.compile("^(?:不管|无论|不论|除了|为了?|随着|按照?|根据)")
"""A clause that begins so asks for nothing, whatever words it has."""
_KNOWS = re.compile(r"^\s*(?:请问|請問)?(?:谁|誰|有没有人|有沒有人)知道(?=.)")
"""What asks for nothing but an answer."""
_ASKS_MORE = re.compile("谁|什么|哪|几(?!乎)|多少|(?<!任)何|怎")
"""Beside 吗 and 有没有, what asks for more than yes or no: 有没有人知道票价是多少, 知道几点开门吗."""
_LED_IN = re.compile("^(?:还有|另外|以及|并且|那么?)")
QUOTED = re.compile("“[^”]*”|《[^》]*》|「[^」]*」|『[^』]*』|（[^）]*）|\\([^)]*\\)")
NAMES = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz"})
KEPT_SUBJECT = re.compile("增速|增幅|降幅|占比|比重|增长率|同比|增长")
"""What is of another measure (产值增速), where other measures are of the thing itself."""
OF_THING = re.compile("(?:全长|总长|电话|地址|期限|时间|日期|名称|人数|[费量率额价值])$")
"""Measures beside those of _QUANTITY."""
_FACT = re.compile("的?(?:作者|记者|标题|日期|版面)$")
"""What is asked of a document itself: the subject is the document."""
_AND = frozenset("、和与及")
_LONE = 3
"""Characters of a clause that asks with nothing but the word that asks (谁), at the most."""
_AS_BEFORE = re.compile("呢[？?]?$")
_APART = re.compile("分别|各")
OFFICE = "副?(?:董事长|理事长|[会校院市省县区镇局厅部馆站司社团]长(?![期远途三大])|秘书长|书记|总裁|总经理|主席|首席[^，是]{2}官)"
"""An office that has one holder, or few."""
_ASKS_OFFICE = re.compile(f"({OFFICE})(?:是|叫|为)?(?:谁|哪位|哪一位|什么名字)?$|谁(?:是|任|担任|当)[^，]{0, 20}?({OFFICE})$")
MARKS = re.compile(r"[\s，。？！、；：“”‘’（）《》「」『』\"'?!,.;:()]+")


def parse(question: str, most: int = 8) -> list[Question]:
    """The things asked, in order, at most so many: one for each interrogative sentence or clause, none for a question without words.

    "特斯拉哪一年落户临港，落户前那里是什么样子？" asks two; a later one that does not say what it is about is about what the first one is.
    "2021年和2022年的产值分别是多少" asks for either year.
    """
    said = [(_KNOWS.sub("", part), stop in "?？") for part, stop in _SENTENCE.findall(question) if MARKS.sub("", part)]
    if any(asks or _asks(fold(part)) for part, asks in said):  # 你好。请问……
        said = [(part, asks) for part, asks in said if asks or _asks(fold(part))]
    asked: dict[str, None] = {}
    for part, _ in said:
        asked.update(dict.fromkeys(one for clause in _clauses(part) for one in _by_year(clause)))
        if len(asked) >= most:
            break
    parts = list(asked)[:most]
    subject = subject_of(parts[0]) if len(parts) > 1 else ""
    found: list[Question] = []
    for part in parts:
        one = _parsed(part, _whole(parts[0], subject, part) if found else part)
        if found and one.kind is Kind.OTHER and _AS_BEFORE.search(part):  # 2022年的产值是多少？2023年呢？
            one = replace(one, kind=found[-1].kind, unit=found[-1].unit)
        found.append(one)
    return found


def _clauses(sentence: str) -> list[str]:
    """The clauses of a sentence that ask each for something of their own; the sentence where only one does."""
    hidden = QUOTED.sub(lambda m: "□" * len(m[0]), sentence)
    edges = [0, *(edge for match in _JOINED.finditer(hidden) for edge in match.span()), len(sentence)]
    pieces = [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high]
    asks = [_asks(fold(hidden[low:high])) for low, high in pieces]
    parts: list[str] = []
    start, has_asked = 0, False
    for place, (low, _) in enumerate(pieces):
        if has_asked and any(asks[place:]):
            parts.append(sentence[start : pieces[place - 1][1]])
            start, has_asked = low, False
        has_asked = has_asked or asks[place]
    parts.append(sentence[start:])
    return [part for part in (_LED_IN.sub("", part.strip()) for part in parts) if MARKS.sub("", part)] or [sentence.strip()]


def _asks(folded: str) -> bool:
    """Whether a clause asks for something: by a word that asks, and one of what, or by being no more than a measure and its modifiers."""
    if _NO_QUESTION.search(folded):
        return False
    if INTERROGATIVE.search(folded):
        return bool(MARKS.sub("", ASKING.sub("", ASKED_UNIT.sub("", folded)))) or len(folded) > _LONE
    return _QUANTITY.search(folded) is not None and not any(tag == "v" for _, tag in tagged(folded))


def _by_year(clause: str) -> list[str]:
    """The clause once for each of the years it asks for apart."""
    folded = fold(clause)
    spans = figures.year_spans(folded)
    joined = all(folded[end:start] in _AND for (_, end), (start, _) in pairwise(spans))
    if len(spans) < 2 or not joined or not _APART.search(folded):
        return [clause]
    before, behind = clause[: spans[0][0]], _APART.sub("", clause[spans[-1][1] :])
    return [f"{before}{clause[low:high]}{behind}" for low, high in spans]


def _whole(first: str, subject: str, part: str) -> str:
    """The later part with the subject of the first where it has none of its own: at most one noun, and neither name nor number."""
    folded = fold(part)
    words = [(word, tag) for word, tag in tagged(ASKING.sub(" ", ASKED_UNIT.sub(" ", folded))) if word not in FUNCTION_WORDS]
    nouns = [word for word, tag in words if tag.startswith("n") or is_measure(word) or re.fullmatch(OFFICE, word)]
    if len(nouns) > 1 or any(tag in NAMES for _, tag in words) or figures.numbered(part):
        return part
    if figures.years(part):
        subject = without_years(subject)
        if subject and subject in part:
            return part
    elif not any(tag.startswith(("n", "v", "a")) for _, tag in words):
        return f"{first}，{part}"
    if not KEPT_SUBJECT.search(folded) and (nouns or _kind(folded)[0] not in (Kind.FIGURE, Kind.OTHER)):
        subject = of_thing(subject, offices=bool(nouns))
        return f"{subject}{part}" if subject or nouns else f"{first}，{part}"
    return f"{subject}{part}" if subject else f"{first}，{part}"


def without_years(subject: str) -> str:
    """The words without the years they name: 茶厂产值 of 茶厂2022年产值."""
    for low, high in reversed(figures.year_spans(subject)):
        subject = subject[:low] + subject[high:]
    return subject.strip("的")


def of_thing(subject: str, *, offices: bool) -> str:
    """The subject without the measure that was asked of it: 三号线 of 三号线全长; and without the office, where `offices` says so."""
    words = [word for word, _ in tagged(subject)]
    while words and (is_measure(words[-1]) or OF_THING.search(words[-1]) or (offices and re.fullmatch(OFFICE, words[-1]))):
        end = fold(subject).rfind(words.pop())
        subject = subject[:end].rstrip("的，, ")
    return subject


def subject_of(text: str) -> str:
    """The words before what is said of them: 特斯拉 in "特斯拉哪一年落户临港", "" where the text begins with what is asked or done."""
    end, named = 0, False
    folded = fold(text)
    asking = ASKING.search(folded)
    for word, tag in tagged(folded):
        place = folded.find(word, end)
        said_of_it = tag in ("v", "vshi", "vyou", "d", "p", "r", "ry") and not (len(word) == 1 and folded[place + 1 : place + 2] in "的”")
        if place < 0 or said_of_it or (asking and place >= asking.start()):
            break
        end = place + len(word)
        named = named or tag.startswith("n")
    while end < len(text) and text[end] in "》”」』）":
        end += 1
    subject = _FACT.sub("", text[:end]).strip("的，, ")
    return subject if named or figures.numbered(subject) else ""


def is_measure(word: str) -> bool:
    """Whether a word names what is measured: 产值, 面积, 增长率."""
    return _QUANTITY.search(word) is not None


def _parsed(asked: str, whole: str) -> Question:
    text = fold(whole)
    kind, unit = _kind(fold(asked))
    named = _named(MARKS.sub("", fold(asked))) if kind is Kind.ROLE else ""
    content = MARKS.sub(" ", ASKING.sub(" ", ASKED_UNIT.sub(" ", text))).strip()
    return Question(
        asked=asked,
        whole=whole,
        text=text,
        content=content or MARKS.sub(" ", text).strip(),
        kind=kind,
        unit=unit,
        # What a later part names itself stands in the place of what it has of the first one.
        years=frozenset(figures.years(asked) or figures.years(whole)),
        ordinals=figures.ordinals(asked) or figures.ordinals(whole),
        numbered=figures.numbered(asked) or figures.numbered(whole),
        plans=frozenset(figures.plans(asked) or figures.plans(whole)),
        office=next((office for found in _ASKS_OFFICE.findall(MARKS.sub("", fold(asked))) for office in found if office), ""),
        person=named,
    )


def _named(bare: str) -> str:
    """The person of whom is asked who that is; "" where none is named."""
    found = _WHO_IS.fullmatch(bare)
    return found[1] if found and is_person(found[1]) else ""


def _kind(text: str) -> tuple[Kind, str]:
    bare = MARKS.sub("", text)
    if _REASON.search(bare):
        return Kind.REASON, ""
    if _ROLE.search(bare) or _named(bare):
        return Kind.ROLE, ""
    if _PERSON.search(bare):
        return Kind.PERSON, ""
    if _WHETHER.search(bare) and not _ASKS_MORE.search(bare):
        return Kind.WHETHER, ""
    if _LIST.search(bare):
        return Kind.LIST, ""
    if _TIME.search(bare):
        return Kind.TIME, "年" if _ASKS_YEAR.search(bare) else "日" if _ASKS_DAY.search(bare) else ""
    if _PLACE.search(bare):
        return Kind.PLACE, ""
    if _FIGURE.search(bare) or _QUANTITY.search(bare):
        return Kind.FIGURE, _unit(bare)
    if _MANNER.search(bare):
        return Kind.MANNER, ""
    return Kind.OTHER, ""


def _unit(bare: str) -> str:
    if asked := ASKED_UNIT.search(bare):
        unit = asked["unit"].lstrip("万亿")
        return "元" if unit in ("钱", "块") else unit
    if _PERCENT.search(bare):
        return "%"
    if _MONEY.search(bare):
        return "元"
    return "平方" if _AREA.search(bare) else ""
