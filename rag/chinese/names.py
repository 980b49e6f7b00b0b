"""Tells the names of persons from other short Chinese words, and finds them in text, by surname and by dictionary."""

import re
from itertools import pairwise

from rag.chinese.scripts import fold
from rag.chinese.terms import is_known, tagged

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛"
    "闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂"
    "成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师和仇栾隋商"
    "刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权帅屠豆朴盖练廉禹井祖漆巴"
    "陳楊黃趙吳孫馬鄭謝羅許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸賈韋鄒閆龍賀顧龔邵萬錢嚴湯齊喬龐顏莊聶魯嶽關蘭紀單駱藍華"
)
DOUBLE_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "端木", "歐陽", "諸葛")

_LONGEST = 3
"""Characters of a name with a surname of one."""

_JOINING = frozenset("于在的了是和与为向对从到被把将说")


def is_person(name: str) -> bool:
    """Whether a short word can be a person's name: it begins with a surname and is no common word, or has a dot (安德鲁·斯图尔特)."""
    import rjieba

    if "·" in name:
        return True
    double = name.startswith(DOUBLE_SURNAMES)
    if name[-1] in _JOINING and rjieba.has_word(name[:-1]):
        return False  # 任教于
    if len(name) > _LONGEST + double or not (double or name[0] in SURNAMES):
        return False
    return not rjieba.has_word(name) or next(iter(rjieba.tag(name)))[1].startswith("nr")


_NO_NAME = re.compile("[市县区镇乡村街道路站厂店馆院园桥山河江湖港银行司社校团队局厅部里了们]$")
_BEHIND_A_NAME = frozenset(
    "说是有在和与及对的了过把被从到为将还也都又就才能会要可写做建种卖买贷讲谈称指去来用给让等问答教任当兼获得呢吗吧家们多"
)
"""Characters that stand behind a name of two more often than they end one of three."""
_FAMILIAR = re.compile(f"[老小][{SURNAMES}]")
_BEHIND_A_PLACE = frozenset("市县区镇乡村街道路站厂店馆园桥山河江湖港")


def persons(text: str) -> list[str]:
    """The persons that a text seems to name, in order, once each and as written there: "馆长沈知微解释" → ["沈知微"].

    The segmenter cuts rare names in two (宋 霁月, 沈知 微) and glues a verb to others (袁守田贷): a name has three characters then.
    """
    folded = fold(text)
    found: dict[str, None] = {}
    words = tagged(folded)
    start = end = 0
    for (word, tag), (behind, _) in pairwise([*words, ("", "")]):
        start = folded.find(word, end)
        end = start + len(word)
        length = _length(word, tag, behind, folded[end:])
        name = folded[start : start + length]
        is_place = folded[start + length : start + length + 1] in _BEHIND_A_PLACE
        if length > 1 and (_FAMILIAR.fullmatch(name) or (is_person(name) and not _NO_NAME.search(name) and not is_place)):
            found[text[start : start + length]] = None
    return list(found)


def person_at(folded: str, start: int) -> str:
    """The name of a person that begins where one is to be expected, as behind an office: 孙晓峰 in 董事长孙晓峰表示; "" for none.

    The segmenter, which does not expect one there, cuts many names in two.
    """
    for length in (3, 2):
        name, third = folded[start : start + length], folded[start + 2 : start + 3]
        whole = len(name) == length and re.fullmatch("[一-鿿]+", name) is not None
        if whole and is_person(name) and not _NO_NAME.search(name) and not (length == 3 and third in _BEHIND_A_NAME):
            return name
    return ""


def _length(word: str, tag: str, behind: str, rest: str) -> int:
    """How many characters of a name begin with a word that has another `behind` it in the `rest` of the text; 0 for none."""
    if not tag.startswith("nr") and tag != "x":
        return 0
    if len(word) == 1 and word in SURNAMES:
        joined = len(word) + len(behind)
        return joined if behind and rest.startswith(behind) and joined <= 3 else 0
    if len(word) == 2 and not _FAMILIAR.fullmatch(word) and not is_known(word) and _ends_a_name(rest, behind):
        return 3
    if len(word) == 4 and not word.startswith(DOUBLE_SURNAMES) and "·" not in word:
        return 3
    return len(word)


def _ends_a_name(rest: str, word: str) -> bool:
    """Whether the character behind two of a name is its third: it stands alone, or in a word that there is not (沈知 微说)."""
    third = rest[:1]
    alone = bool(third) and word.startswith(third) and (len(word) == 1 or not is_known(word))
    return alone and third not in _BEHIND_A_NAME and third not in _BEHIND_A_PLACE
