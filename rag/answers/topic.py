"""What a question is about: its topic, the thing that the topic is of, and whether it names one at all."""

import re

from rag.answers.question import (
    ASKED_UNIT,
    ASKING,
    INTERROGATIVE,
    KEPT_SUBJECT,
    MARKS,
    NAMES,
    OF_THING,
    OFFICE,
    QUOTED,
    is_measure,
    of_thing,
    subject_of,
    without_years,
)
from rag.chinese import figures
from rag.chinese.names import persons
from rag.chinese.scripts import fold
from rag.chinese.terms import FUNCTION_WORDS, is_known, tagged

_LEADING = re.compile("^(?:请问|请告诉我|告诉我|我想知道|想问一下|问一下|再问一下|你知道|在|从|到|关于|对于|[，,。!！ ])+")
_TRAILING = re.compile(
    "(?:主要|[今去前明]年|目前|现在|最[高低多少大]?|一?共|总|了|单户|[人户日平]均|各|都|每[年月天日餐人]|一[年次]|又|还|才|可以|[的，, ])+$"
)
_DONE = re.compile("^[一-鿿]{1,3}[了过]")
_CUT_OFF = re.compile("[站馆厂店园区机]")
"""The end of a noun that the segmenter takes for a verb, or for the beginning of one: 供热 站, 夜读 区有, 盾构 机从."""
_FIRST_OF_ALL = re.compile("^(?:[头第]一[天周月年批]|[首当][日天周月])")
_ON_AVERAGE = re.compile("^(?:[人户日月年平单]均|单户|平均|总共|一共|每[一-鿿])")
_LINKED = re.compile("(?:是|有|为|叫|达到?|约)+$")
_OF_SOMETHING = re.compile(
    ".*(?:[主副]任|经理|[作记]者|[职员]工|客户|座位|席位|藏书|藏品|车站|站点|[首末]班车|设计[者师]|负责人|创始人|团队|领导|电话|地址|名[字称]|投资|占地|门票"
    "|[起最].{0,2}价|[特优缺]点|功能|用途|[好坏]处|原因|目的|结果|效果|影响|意义|内容|时间|日期|期限|条件|要求|位置|历史|业务|措施|做法|办法"
    f"|总部|[产销]品|[厂店园队村班组]长|人口|部分|标准|比例|奖金|补贴|工资|津贴|费用?|{OFFICE})"
)
"""A word for what something has, which says nothing without it: 馆长, 客户, 车站."""
_QUALIFIER = re.compile("[单每总共户人日平均最]+[^，]?|首批|全年|同期|当年|当时|主要|具体|一共")
"""A word that narrows a measure (单户, 每年), and is no thing."""
_LOOSE = frozenset({"nr", "nz"})
"""Tags of names that many other words bear too: persons are told by surname, and 换乘 is no brand."""
_MODAL = frozenset("能会可要将已曾不没共应该得被由")
"""The segmenter makes nouns of such a character and a verb (能省)."""
_BODY = re.compile(".*(?:公司|企业|集团|厂|馆|银行|医院|大学|学校|县|市|镇|村|街道)")
_REASON_FIRST = re.compile("^(?:为什么|为何|怎么会?)")
_SUBJECT_ASKED = re.compile(
    "^(?:谁(?!的)|什么是|啥是|哪里[有能可]|哪儿[有能可]|何谓|怎么(?!样)|怎样|如何|(?:有)?(?:哪些|哪个|哪几个|哪家|哪位|多少|几))"
)
"""What does it is asked for: the question names what is done instead."""


def topic(question: str) -> str:
    """What the question is about, with what is asked of it: 三号线全长 of "三号线全长多少公里"; "" where it names nothing."""
    text = question[len(question) - len(_after_lead(fold(question))) :]
    found = _noun_phrase(text) or subject_of(text)
    if not found and (asking := ASKING.match(fold(text))):  # 谁设计了新馆
        rest = _DONE.sub("", text[asking.end() :].lstrip("了的是"))
        found = subject_of(rest) or _object(rest)
    if not found:
        found = _leading_noun(text)
    if found.endswith(("时候", "时")):  # 公司成立的时候
        found = subject_of(text)
    if found and found in text and _cut_off(text[text.find(found) + len(found) :]):
        found += text[text.find(found) + len(found)]
    found = _TRAILING.sub("", _without_verb(found))
    if (names := persons(found)) and found.startswith(names[0]) and not found.startswith(("的", "和", "与", "及", "、"), len(names[0])):
        return names[0]  # a verb may be glued to a name: 袁守田贷了
    return found


def thing(question: str) -> str:
    """What the question's topic is of: 三号线 of "三号线全长多少公里", 云湛公司 of "云湛公司2022年客户来自哪里"; "" for none."""
    found = topic(question)
    if (years := figures.year_spans(found)) and years[0][0] > 0:
        found = found[: years[0][0]]  # 岚溪县2023年产干茶
    found = without_years(found)
    while True:
        shorter = of_thing(found, offices=True)
        words = tagged(shorter)
        if words and _OF_SOMETHING.fullmatch(words[-1][0]):
            shorter = shorter[: fold(shorter).rfind(words[-1][0])]
        shorter = _TRAILING.sub("", shorter)
        if shorter == found:
            return found
        found = shorter


def carried(question: str, asked: str) -> str:
    """What of the question before the words `asked` are about: its thing, or its topic where they are of a measure (增速, 占…)."""
    folded = fold(asked)
    if not KEPT_SUBJECT.search(folded) and not folded.startswith("占"):
        return thing(question)
    return without_years(topic(question)) if figures.years(asked) else topic(question)


def names_its_own(question: str, said: str = "") -> bool:
    """Whether the question says itself what it is about: a name, a document, a noun that means something by itself.

    A measure (面积), an office (馆长), what belongs to something (客户), and what is counted (多少座位) do not, nor does a noun of
    what was `said` of a thing before.
    """
    folded = _FIRST_OF_ALL.sub("", _after_lead(fold(question)))
    if QUOTED.search(folded) or figures.numbered(folded) or persons(folded):
        return True
    if any(tag in NAMES - _LOOSE and is_known(word) for word, tag in tagged(folded)):
        return True
    if _ON_AVERAGE.match(folded):
        return False
    if asked := _SUBJECT_ASKED.match(folded):
        words = tagged(ASKING.sub("", ASKED_UNIT.sub("", folded)))
        nouns = [word for word, tag in words if _is_thing(word, tag)]
        verbs = [word for word, tag in words if tag in ("v", "vn") and word not in ("有", "是")]
        if asked[0].startswith(("怎", "如何")):  # 怎么去 is of what was spoken of, 怎么做红烧肉 is not
            return bool(verbs) and bool(nouns)
        return bool(verbs or nouns) if asked[0].startswith("哪") else bool(nouns) and (bool(verbs) or asked[0].endswith("是"))
    before = whole_words(_head(_REASON_FIRST.sub("", folded)))
    doing = [place for place, (word, tag) in enumerate(before) if tag in ("v", "vshi", "vyou", "p") or word[0] in _MODAL]
    if any(_is_thing(word, tag) and word not in fold(said) for word, tag in before[: doing[0] if doing else None]):
        return True
    # What is done to a thing may be what the question is about: 获评绿色工厂奖励(多少钱).
    last = max((place for place, (_, tag) in enumerate(before) if tag in ("v", "vn")), default=0)
    return bool(doing) and not folded.startswith("占") and any(_is_thing(word, tag) for word, tag in before[doing[0] + 1 : last])


def names_another(words: str) -> bool:
    """Whether the words name somebody, a place, a body or a numbered thing: 三号线票价, 云湛公司的客户."""
    if QUOTED.search(words) or figures.numbered(words) or persons(words):
        return True
    parts = tagged(words)
    return any(tag in ("ns", "nt") and is_known(word) for word, tag in parts) or any(_BODY.fullmatch(word) for word, _ in parts[:-1])


def counted(question: str) -> str:
    """The noun whose number is asked for: 机器人 of "新馆有几台机器人"; "" where none is."""
    folded = MARKS.sub("", question)
    asked = ASKED_UNIT.search(fold(folded))
    noun = folded[asked.end() :] if asked else ""
    tags = [tag for _, tag in tagged(noun)]
    nominal = bool(tags) and tags[-1].startswith("n") and all(tag.startswith(("n", "v", "f", "b", "l", "j")) for tag in tags)
    return noun if nominal and len(noun) > 1 else ""


def ends_in_what_something_has(words: str) -> bool:
    """Whether the words end in a measure, an office or what belongs to something: 建筑面积, 馆长, 客户."""
    last = tagged(words)[-1:]
    return any(is_measure(word) or OF_THING.search(word) or _OF_SOMETHING.fullmatch(word) for word, _ in last)


def is_asking(question: str) -> bool:
    """Whether the words ask for anything: by a word that asks, or by ending in a measure."""
    folded = MARKS.sub("", fold(question))
    return INTERROGATIVE.search(folded) is not None or folded.endswith("呢") or (bool(folded) and ends_in_what_something_has(folded))


def whole_words(text: str) -> list[tuple[str, str]]:
    """The folded words of the text with their tags, the end of a noun put back where the segmenter cut it off: 夜读区 有, 供热站 建."""
    found: list[tuple[str, str]] = []
    for word, tag in tagged(text):
        if found and _cut_off(word):
            found[-1] = (found[-1][0] + word[0], "n")
            found += [(word[1:], "v")] if word[1:] else []
        else:
            found.append((word, tag))
    return found


def _after_lead(folded: str) -> str:
    return _LEADING.sub("", folded)


def _is_thing(word: str, tag: str) -> bool:
    if not tag.startswith(("n", "x", "l")) or word in FUNCTION_WORDS or word[0] in _MODAL:
        return False
    return not (is_measure(word) or OF_THING.search(word) or _OF_SOMETHING.fullmatch(word) or _QUALIFIER.fullmatch(word))


def _cut_off(text: str) -> bool:
    """Whether the text begins with the end of a noun that the segmenter cut off."""
    first = next((word for word, _ in tagged(text)), "")
    return _CUT_OFF.match(text) is not None and (len(first) == 1 or (len(first) == 2 and not is_known(first)))


def _leading_noun(text: str) -> str:
    words = whole_words(text)
    return text[: len(words[0][0])] if words and words[0][1].startswith("n") and fold(text).startswith(words[0][0]) else ""


def _without_verb(subject: str) -> str:
    """The subject without a verb behind it that may be a noun too: 旧馆 of 旧馆改作(什么)."""
    words = tagged(subject)
    if len(words) > 1 and words[-1][1] == "vn" and not ends_in_what_something_has(subject):
        return subject[: fold(subject).rfind(words[-1][0])]
    return subject


def _head(text: str) -> str:
    """What stands before what is asked; all of it where nothing is."""
    folded = fold(text)
    return text[: min((match.start() for match in (ASKING.search(folded), ASKED_UNIT.search(folded)) if match), default=len(text))]


def _noun_phrase(text: str) -> str:
    """What stands before what is asked or done, where a verb within it belongs to a noun: 纺织厂的余热回收装置投资 (多少); "" elsewhere."""
    head = _LINKED.sub("", _head(text))
    words = tagged(head)
    if len(words) < 2 or "，" in head:
        return ""
    plain = [tag.startswith(("n", "m", "q", "b", "x", "j", "uj", "f", "vn")) or (tag == "v" and len(word) > 1) for word, tag in words]
    count = plain.index(False) if False in plain else len(words)
    if count == len(words) and ends_in_what_something_has(head):
        return head
    nouns = [place for place in range(count) if words[place][1].startswith("n")]
    inner = [place for place in range(count) if words[place][1] == "v"]
    does = count < len(words) or tagged(text[len(head) :])[1:2] != []
    if not nouns or not inner or not nouns[0] < inner[0] < nouns[-1] or not does:
        return ""
    end = 0
    for word, _ in words[: nouns[-1] + 1]:
        end = fold(text).find(word, end) + len(word)
    return text[:end]


def _object(text: str) -> str:
    """The nouns behind the verb with which the text begins: 澜州市图书馆新馆 of 设计了澜州市图书馆新馆."""
    folded = fold(text)
    start = end = 0
    for word, tag in tagged(folded):
        place = folded.find(word, end)
        if start and not (tag.startswith(("n", "m", "q", "b", "x", "j")) or word == "的"):
            break
        if not start and tag.startswith("n") and place > 0:
            start = place
        end = place + len(word)
    return text[start:end].strip("的") if start else ""
