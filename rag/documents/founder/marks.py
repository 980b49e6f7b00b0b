"""Tells by the words around it whether a Han character stands for a mark: a stop, a colon or another that has no partner."""

import re
from dataclasses import dataclass
from enum import IntEnum

from rag.chinese.names import SURNAMES
from rag.chinese.width import is_han
from rag.documents.founder.surroundings import gain, is_word, nearest, words


def carrier(mark: str) -> str:
    """The Han character that Founder fonts write for a mark of GB2312: lead byte + 0x31, same trail byte (。 → 遥).

    Raises ValueError where the mark is not of rows 1 to 9.
    """
    # GBK has the symbols of GB2312 at the same places, with the code points in use for · and — today.
    lead, trail = mark.encode("gbk")
    if not 0xA1 <= lead <= 0xA9:
        raise ValueError(f"{mark} is no symbol of GB2312")
    return bytes((lead + 0x31, trail)).decode("gbk")


class Verdict(IntEnum):
    """How surely a character is a mark: where stops are often damaged, on any damaged page, or so that it shows the page is damaged."""

    AMID_DAMAGE = 1
    ON_DAMAGED_PAGE = 2
    SURE = 3


STOPS = {carrier(mark): mark for mark in "，。、"}
OTHERS = {carrier(mark): mark for mark in "：；！？…·"}
BORDERS = frozenset(map(carrier, "，。、（）％“”；《》！？…"))
"""The carriers that end the words read around a place when they are words of their own; 院 and 窑 often are in plain text."""
MARKS = frozenset("，。、；：！？…—,.;:!?)）]】》〉%％")
_QUOTES = frozenset("“‘《「『")
_OPENERS = _QUOTES | frozenset("（(〈【[")
_CLOSERS = frozenset("”’）)》〉】]」』%％")
_QUOTE_CARRIERS = frozenset(map(carrier, "“《"))
_TITLE_ENDS = frozenset(("》", carrier("》")))
_PERCENTS = frozenset(("%", "％", carrier("％")))
_REPEATED = frozenset("！？…")
"""What may stand next to itself and its like."""
_COMMA, _ENUMERATION, _COLON, _ELLIPSIS = map(carrier, "，、：…")
_GAIN = {"，": 5.0, "。": 6.0, "、": 6.0, "：": 6.5, "；": 7.0, "！": 9.0, "？": 9.0, "…": 9.0, "·": 9.0}
"""How much better, in nats, the words around must read without the character: nearly what it costs as a word of its own."""

# Words of one character that begin a clause; any other single character after 袁 may be a given name.
_CLAUSE_STARTERS = frozenset(
    "在是也又还都已被把让从对为以而但并将该其此这那不有使与和由据经按因如若则却更再就才能可要会用到向我他她它你您咱们仍虽纷便竟终总共直"
    "必须很太越愈乃亦皆颇尤非各每两给请先后另比至均只即仅最既当自及近随除故需应曾未没无靠凭沿朝今昨"
)
_NUMERALS = frozenset("一二三四五六七八九十")
_MEASURES = frozenset("是个名家位次年月天项种条方部")
_ADVERBIAL_ENDS = frozenset("日月年时后前中下间元")
_REPORTING = frozenset(("表示", "指出", "认为", "透露", "报道", "报道称", "称", "当然", "上午", "下午", "因此", "此外", "对此", "据悉"))
_FORMS_OF_ADDRESS = frozenset(
    ("先生", "女士", "老师", "爷爷", "奶奶", "教授", "院士", "同志", "小姐", "主任", "局长", "经理", "律师", "医生", "书记")
)
_NAME_KINDS = frozenset(("nr", "ns", "nrt", "nrfg"))
_STAND_INS = frozenset("某甲乙丙丁")
"""What court records write in the place of given names: 王某尧李某 is a list."""
_COMMON_WORDS = frozenset("万和时都应连单")
"""Surnames that far more often are words of one character."""
_MENTIONS = 3_000
"""Characters on either side in which a name, or what may be one, is looked for again."""
_CONJUNCTIONS = frozenset("和与及等或以")
_LISTED = re.compile(f"[^，。；：！？、{''.join(BORDERS)}和及]{{1,12}}[、和及{_ENUMERATION}]")
_SEEN_AFAR = frozenset("看望观居相指想寄祝对")
"""Verbs of one character that 遥 goes with."""

_BEFORE_COLONS = frozenset("说称道问答为是注图文源题辑者媒示下出话式址线")
"""Words of one character after which a colon stands; 院 follows others as an institute of its own (七院, 高院)."""
_LEADS = frozenset(("如下", "指出"))
_INSTITUTES = (
    *("学究计理健术艺技程测证查通融科法医院剧画影戏中校绘察织化育药新入干防林农工商船裁分同各全两本该我老作号修泰庭"),
    "规划",
)
"""What ends the words before 院 where that is an institute or a courtyard."""
_AFTER_INSTITUTES = frozenset("前内外所区线团方士长办里中校藏副") | {"内外", "领导", "检察长"}
_BATHS = frozenset("野擦药泡洗沐淋冰汤温热水沙大光蒸裸共泥助池盐")
_KEYS = frozenset("密公私锁")
_CLAUSE_ENDS = frozenset("的了等者年月日人元项次万亿过中上下")
_SPEAKERS = frozenset("子诗名或又其一二三四对答谁书传序赞铭谥皆长帝歌谢额")
_KILNS = frozenset("御官民老砖瓦南北古龙汝钧哥定建越寒石土炭煤")
_AFTER_KILNS = frozenset("洞厂址工炉变景口场村")
_SWALLOWED = frozenset("着食住到死了人")


@dataclass(frozen=True, slots=True)
class _Place:
    """What surrounds a carrier: the nearest characters, and the words of Han characters as far as they reach."""

    text: str
    position: int
    before: str
    after: str
    left: list[str]
    right: list[str]

    def follows_single(self) -> bool:
        """Whether the character before is a word of its own, or another carrier that ends the words read."""
        return not self.left or len(self.left[-1]) == 1

    def mentions(self, first: int, last: int) -> int:
        """How often the characters from `first` to `last`, counted from the position, stand near: a page names a person more than once."""
        start = max(0, self.position - _MENTIONS)
        return self.text.count(self.text[max(0, self.position + first) : self.position + last + 1], start, self.position + _MENTIONS)

    def stands_whole(self, mark: str) -> bool:
        """Whether the character before stands near with the mark itself after it."""
        return self.before + mark in self.text[max(0, self.position - _MENTIONS) : self.position + _MENTIONS]

    def ends_word(self) -> bool:
        return len(self.left[-1]) >= 2 if self.left else self.before in _CLOSERS or self.before.isalnum()

    def begins_word(self) -> bool:
        return len(self.right[0]) >= 2 if self.right else self.after in _OPENERS or self.after.isalnum()


def stop(text: str, position: int) -> Verdict | None:
    """How surely the carrier there is a comma, a full stop or 、; None where it is the Han character."""
    before, after = nearest(text, position, -1), nearest(text, position, 1)
    # Two stops never stand side by side: 遥遥领先 has none.
    if not _is_legal(before, after) or before in STOPS or after in STOPS or after in _TITLE_ENDS:
        return None
    mark = STOPS[text[position]]
    place = _place(text, position, mark, before, after)
    return _STOP_RULES[mark](place) if place else None


def is_mark(text: str, position: int) -> bool:
    """Whether the carrier there is one of `OTHERS` on a page where marks are damaged."""
    mark = OTHERS[text[position]]
    before, after = nearest(text, position, -1), nearest(text, position, 1)
    if not (_is_legal(before, after) or (mark in _REPEATED and before and {before, after} & _REPEATED)):
        return False
    place = _place(text, position, mark, before, after)
    return place is not None and _OTHER_RULES[mark](place)


def _is_legal(before: str, after: str) -> bool:
    return bool(before) and before not in MARKS - _CLOSERS and before not in _OPENERS and after not in MARKS - _CLOSERS


def _place(text: str, position: int, mark: str, before: str, after: str) -> _Place | None:
    """The surroundings of a carrier; None where they read better with it."""
    left, right = words(text, position, BORDERS)
    return None if gain(left, text[position], right) < _GAIN[mark] else _Place(text, position, before, after, left, right)


def _comma(place: _Place) -> Verdict | None:
    """袁 is the surname of many: what follows must not be a given name, unless a clause has to begin here."""
    # A name set apart, as in bylines; no comma is.
    if place.text[place.position - 1].isspace() and place.text[place.position - 1] != "\n":
        return None
    if not place.right:
        after = place.after
        if after.isascii() and after.isalpha() and place.mentions(0, 2) > 1:
            return None
        return Verdict.AMID_DAMAGE if after and (after in _OPENERS or after == "”" or after.isalnum()) else None
    first = place.right[0]
    # A given name that the dictionary knows: 袁晓东.
    is_given_name = len(first) == 2 and first[0] not in SURNAMES and _kind(first).startswith("nr")
    if len(first) >= 2 and first not in _FORMS_OF_ADDRESS and not is_given_name:
        if is_name(first):
            # A place is named without 袁 before it as well.
            in_all = place.mentions(1, len(first))
            return Verdict.AMID_DAMAGE if in_all == 1 or place.mentions(0, len(first)) < in_all else None
        return Verdict.SURE if place.ends_word() else Verdict.AMID_DAMAGE
    if len(first) == 1 and _begins_clause(place.right):
        return Verdict.AMID_DAMAGE
    return Verdict.AMID_DAMAGE if _ends_adverbial(place) and place.mentions(0, 1) == 1 else None


def _begins_clause(right: list[str]) -> bool:
    """Whether words that begin with a single character cannot complete the surname 袁 to a name."""
    first, second = right[0], "".join(right[1:2])
    if first in _CLAUSE_STARTERS or (first in _NUMERALS and second[:1] in _MEASURES):
        return True
    # A name of its own follows: 袁史某某, 袁曹名长.
    if first in SURNAMES and (second[:1] == "某" or (len(right) >= 3 and len(right[1]) == len(right[2]) == 1)):
        return True
    return not is_name(_COMMA + "".join(right))


def _ends_adverbial(place: _Place) -> bool:
    """Whether the words end as what stands before a clause does: 近日, 7月, 其中, 会议指出."""
    if not place.left:
        return place.before in _PERCENTS
    return place.left[-1] in _REPORTING or place.left[-1][-1] in _ADVERBIAL_ENDS


def _full_stop(place: _Place) -> Verdict | None:
    """遥 ends given names, follows 之, goes with some verbs, and counts rockets (遥七)."""
    left, right = place.left, place.right
    if ends_name(left) or (left and left[-1].endswith("之")) or (right and right[0] in _SEEN_AFAR | _NUMERALS):
        return None
    # 远处 is a word, but nobody begins a sentence with it as often as 遥远 is written.
    if place.after == "远":
        return None
    if (place.after.isdecimal() or place.after in _NUMERALS) and (
        place.before in "号型丁" or (place.before.isascii() and place.before.isalpha())
    ):
        return None
    if place.ends_word() and place.begins_word():
        return Verdict.SURE
    # 遥 as a word of its own stands before a verb: before a figure or a quotation it is none.
    return Verdict.AMID_DAMAGE if right or not place.after else Verdict.ON_DAMAGED_PAGE


def _enumeration(place: _Place) -> Verdict | None:
    """尧 ends given names: neither 王尧 nor 王世尧 has a mark at its end, unless a list goes on after it."""
    if not place.after:
        return None
    if ends_name(place.left):
        return Verdict.AMID_DAMAGE if place.after not in _CONJUNCTIONS and _goes_on(place) else None
    return Verdict.SURE if place.ends_word() and place.begins_word() else Verdict.AMID_DAMAGE


def _goes_on(place: _Place) -> bool:
    """Whether a list goes on after a place: another mark or 和 follows soon, or a name at once."""
    following = place.position + 1
    if _LISTED.match(place.text, following):
        return True
    right = place.right
    return bool(right) and right[0][0] in SURNAMES and place.text[following] not in " \u3000" and is_name("".join(right))


def _colon(place: _Place) -> bool:
    """院 ends the names of institutes, known to the dictionary or not, and begins a few words; a page names them more than once."""
    left, right = place.left, place.right
    # The segmenter may have put the characters of a word asunder: 24日出院后, 前往院史陈列馆.
    if (is_word(place.before + _COLON) and not (left and left[-1] in _LEADS)) or (
        right and len(right[0]) == 1 and is_word(_COLON + right[0])
    ):
        return False
    if (right and right[0] in _AFTER_INSTITUTES) or (left and left[-1].endswith(_INSTITUTES)):
        return False
    if place.after in _QUOTES or place.after in _QUOTE_CARRIERS:
        return True
    if not left:
        return place.before in _CLOSERS or (_is_figure(place.before) and _is_figure(place.after))
    if left[-1][-1] in _BEFORE_COLONS:
        return True
    return len(left[-1]) >= 2 and (place.mentions(-1, 0) == 1 or place.stands_whole("："))


def _is_figure(character: str) -> bool:
    """Whether it is a figure or a letter of another script."""
    return character.isalnum() and not is_han(character)


def _semicolon(place: _Place) -> bool:
    """曰 says who speaks: a single character before it, a quotation after it."""
    if place.after in _QUOTES:
        return False
    return place.ends_word() or place.before in _CLAUSE_ENDS or (place.begins_word() and place.before not in _SPEAKERS)


def _exclamation(place: _Place) -> bool:
    return not ends_name(place.left) and not (place.follows_single() and place.before in _BATHS) and place.mentions(-1, 0) == 1


def _question(place: _Place) -> bool:
    return not (place.follows_single() and place.before in _KEYS) and place.mentions(-1, 1) == 1


def _ellipsis(place: _Place) -> bool:
    return _ELLIPSIS in (place.before, place.after) or (place.ends_word() and place.after not in _SWALLOWED)


def _middle_dot(place: _Place) -> bool:
    return place.before not in _KILNS and place.after not in _AFTER_KILNS and (place.mentions(-1, 1) == 1 or place.stands_whole("·"))


_STOP_RULES = {"，": _comma, "。": _full_stop, "、": _enumeration}
_OTHER_RULES = {"：": _colon, "；": _semicolon, "！": _exclamation, "？": _question, "…": _ellipsis, "·": _middle_dot}


def ends_name(words_before: list[str]) -> bool:
    """Whether the words end with a surname, or a surname and one more character, that a carrier could complete to a name."""
    if not words_before or len(words_before[-1]) > 1 or words_before[-1] in _STAND_INS:
        return False
    return words_before[-1] in SURNAMES or (len(words_before) >= 2 and words_before[-2] in SURNAMES - _COMMON_WORDS)


def is_name(text: str) -> bool:
    """Whether `text` begins with a name, as far as the segmenter can tell (袁某 and words it has never met count as names)."""
    import rjieba

    word, kind = next(iter(rjieba.tag(text)))
    return kind in _NAME_KINDS or text[1:2] == "某" or (kind == "x" and len(word) > 1)


def _kind(word: str) -> str:
    """The part of speech that the dictionary gives a word."""
    import rjieba

    return str(next(iter(rjieba.tag(word)))[1])
