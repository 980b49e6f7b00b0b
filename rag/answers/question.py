"""What a question asks for, read from its words: the kind of thing, its unit, its parts, and what it will not do without."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rag.chinese import figures
from rag.chinese.scripts import fold


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
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked: `asked` as it was written, `text` folded (as long), `content` its words that carry meaning.

    `unit` is the unit asked for, of a figure or a time ("" where any will do); `years`, `ordinals`, `numbered` (3号线) and `plans` are
    what the answer has to be about.
    """

    asked: str
    text: str
    content: str
    kind: Kind
    unit: str = ""
    years: frozenset[int] = frozenset()
    ordinals: Mapping[tuple[int, str], str] = field(default_factory=dict)
    numbered: Mapping[tuple[int, str], str] = field(default_factory=dict)
    plans: frozenset[str] = frozenset()


_REASON = re.compile("为什么|为何|何以|(?:什么|哪些|啥)(?:主要)?(?:原因|缘故)|原因(?:是|有|何)|怎么会|凭什么|原因$")
_LIST = re.compile("哪些|哪几|有什么|有啥|都有谁|分别(?:是|为|有)|列举|包括什么|什么(?:产品|措施|做法|内容|特点|功能)|名单$")
_PERSON = re.compile(
    "谁|哪(?:一)?位|哪个人|何人|什么人(?!员)|(?:记者|作者|负责人|会长|校长|主任|董事长|总裁|市长|局长|导演|创始人)(?:是)?$"
)
_ROLE = re.compile(
    "是(?:干什么|做什么|干啥|什么(?:人|身份|职务|职位))|什么(?:职务|职位|身份|职业)|(?:任|担任)(?:什么|何)|(?:职务|职位|身份|头衔)(?:是什么)?$|的什么人"
)
_TIME = re.compile(
    "什么时(?:候|间|期)|何时|哪(?:一)?(?:年|天|日|月)|几(?:月|号|日|点)|多久|年份|日期|时间(?:是|$)|何年|何日|(?:起止|截止|开工|开业|竣工)时间"
)
_PLACE = re.compile(
    "哪里|哪儿|在哪|何地|何处|什么地方|位于|(?:哪|什么|何)(?:一)?(?:个)?(?:省|市|城市|县|区|国家|国|地方|地区|镇|村|州)|地点|地址|所在地|去哪|到哪"
)
_ASKS_YEAR = re.compile("哪(?:一)?年|何年|年份")
_ASKS_DAY = re.compile("哪(?:一)?(?:天|日)|几(?:号|日)|何日|日期")
_MANNER = re.compile("怎么|怎样|如何|(?:做法|措施|办法|方式|步骤|对策|成效)(?:是|有|和|及|$)")
_ASKED_UNIT = re.compile(
    r"(?:多少|几(?!乎|何|经)|第几)(?P<unit>个百分点|平方公里|平方米|公里|亿美元|亿元|万元|万人|万辆|美元|欧元|人次|小时|分钟"
    r"|家|辆|个|倍|吨|名|位|项|次|届|席|篇|座|亩|条|台|架|艘|枚|张|套|件|所|间|户|层|种|类|部|集|首|本|米|度|岁|天|年|月|秒|成|折|票|场|局|轮|支|只|头|株|棵|字|页|级|期|步|人|钱|元|块|%)"
)
_FIGURE = re.compile("多少|几(?!乎|何|经)|多(?:大|高|长|远|重|宽|深|快|厚)|占比|百分比")
_QUANTITY = re.compile(
    "(?:产值|产量|总?面积|人口|比例|比重|占比|增速|增幅|降幅|增长率|准确率|利用率|[^效]率|金额|总额|[^名]额|收入|营收|利润|产能|销量|数量|人数|户数|规模"
    "|总数|总量|价格|售价|单价|票价|成本|投资|总投资|长度|高度|宽度|重量|年龄|温度|份额|里程|排名|名次|得分|分数|市值|估值|工资|薪资)(?:有?多少|是|为|呢)?$"
)
_PERCENT = re.compile("率$|率是|占[^占]{1,12}(?:多少|几)|比重|占比|比例|百分比|份额|增速|增幅|降幅")
_MONEY = re.compile("多少钱|产值|总额|金额|收入|营收|利润|成本|投资额|售价|单价|票价|价格|市值|估值|执行额|合同额|总投资")
_AREA = re.compile("面积")

_ASKING = re.compile(
    "(?:哪些|哪个|哪几个|哪|什么)(?:国家|城市|地方|地区|省份|省|市|县|区|单位|部门|公司|企业|人物|人|时间|日期|年份|地点|原因|方式|方法|措施)|"
    "请问|请告诉我|告诉我|我想知道|你知道|为什么|为何|何以|是多少|有多少|多少钱|多少|是什么样子?的?|是什么|什么时候|什么时间|什么地方|什么样子?|什么人|什么|"
    "哪些|在?哪里|在?哪儿|哪个|哪一?位|哪一?年|哪一?天|哪种|哪几|在哪|哪|何时|何地|何处|何人|怎么样|怎么|怎样|如何|多大|多高|多长|多远|多久|第几|几|"
    "是谁|有谁|谁家|谁|是不是|是否|有没有|吗|呢|吧|啊|有哪些|有啥|啥|干什么|做什么|分别"
)
_MARKS = re.compile(r"[\s，。？！、；：“”‘’（）《》「」『』\"'?!,.;:()]+")


def parse(question: str) -> list[Question]:
    """The things asked, in order: one for each interrogative sentence, none for a question without words.

    "特斯拉哪一年落户临港？落户前那里是什么样子？" asks two; a later one is read with the first one's subject in mind by whoever
    searches, since both are looked up in passages found for the whole.
    """
    folded = fold(question)
    parts = [(m.start(), m.end()) for m in re.finditer(r"[^?？。!！;；]+", folded) if _MARKS.sub("", m[0])]
    asked = dict.fromkeys((question[start:end].strip(), folded[start:end].strip()) for start, end in parts)
    return [_parsed(*part) for part in asked]


def _parsed(asked: str, text: str) -> Question:
    kind, unit = _kind(text)
    content = _MARKS.sub(" ", _ASKING.sub(" ", _ASKED_UNIT.sub(" ", text))).strip()
    return Question(
        asked=asked,
        text=text,
        content=content or _MARKS.sub(" ", text).strip(),
        kind=kind,
        unit=unit,
        years=frozenset(figures.years(text)),
        ordinals=figures.ordinals(asked),
        numbered=figures.numbered(asked),
        plans=frozenset(figures.plans(text)),
    )


def _kind(text: str) -> tuple[Kind, str]:
    bare = _MARKS.sub("", text)
    if _REASON.search(bare):
        return Kind.REASON, ""
    if _ROLE.search(bare):
        return Kind.ROLE, ""
    if _PERSON.search(bare):
        return Kind.PERSON, ""
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
    if asked := _ASKED_UNIT.search(bare):
        unit = asked["unit"].lstrip("万亿")
        return "元" if unit in ("钱", "块") else unit
    if _PERCENT.search(bare):
        return "%"
    if _MONEY.search(bare):
        return "元"
    return "平方" if _AREA.search(bare) else ""
