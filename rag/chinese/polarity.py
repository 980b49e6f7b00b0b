"""Whether words deny, bound what they say, tell which way something changed, give a plan for a fact, or claim to be the first or the most.

It goes by the words alone, and does not know what is said of whom.
"""

import re
from enum import StrEnum

from rag.chinese.scripts import fold

_NO_DENIAL = re.compile(
    "不足|不到|不仅|不但|不只|不止|不久|不断|不少|不同|不过|不等|不得不|不管|不论|不一|不妨|不禁|不大不小|不时|不料|不愧"
    "|不慎|不张扬|不慌张|不久前|不锈|不动产|不良"
    "|(?:没有?|未曾?|不曾?|从未|并未|不会|不得)(?:超过|高于|多于|大于|超出|突破|低于|少于|小于|短于)|未来|未成年|未婚"
    "|未必|无论|无疑|无数|无线|无锡|无人机?|无障碍|无机|无偿|无缝"
    "|非常|非遗|非洲|非凡|除非|莫非|非物质|是否|能否|否则|差别|区别|别墅|级别|分别|特别|个别|性别|别人|别的|识别|告别"
    "|毫不犹豫|没收|淹没|免疫|不失|不乏|没落|沉没"
)
_DENIAL = re.compile(
    "没有|并未|从未|未曾|尚未|仍未|未能|没能|没|未|不得|不能|不可|不应|不许|不准|不宜|不会|不再|不必|无需|无须|不|无|非"
    "|尚待|有待|否认|拒绝|禁止|严禁|取消|免除|免(?=[费收交缴征付])|避免|缺乏"
)


class Limit(StrEnum):
    """What bounds a sentence: a condition, that it is hearsay, or that it is said to be untrue."""

    CONDITION = "condition"
    HEARSAY = "hearsay"
    UNTRUE = "untrue"


_LIMITS = {
    Limit.CONDITION: re.compile(
        "如果|假如|假若|假使|倘若|倘使|(?<![主重必])要是|若是|(?:^|[,，;；。])若(?![干非])(?=[^,，。;；]{2,20}?[,，])|一旦|除非|只有(?=.{1,20}?[,，].{0,6}?才)|只要|万一|的话|的情况下"
        "|的条件下|的前提下"
    ),
    Limit.HEARSAY: re.compile(
        "有人[^,，。;；]{0,4}[说称传]|有(?:消息|传言|传闻|流言)[^,，。;；]{0,4}[称说:：]|传言|传闻|谣传|[网误讹盛风]传|据传|坊间|流传"
        "|误以?为|误认|以为|声称|谎称|诈称|自称|妄称|诡称"
    ),
    Limit.UNTRUE: re.compile(
        "不属实|不实|不是真的|并非(?:事实|如此|真)|不是事实|不符合?事实|与事实不符|谣言|子虚乌有|无稽之谈|纯属(?:虚构|捏造|误会|误传)|不可信|辟谣"
        "|没有(?:任何)?(?:证据|迹象|依据)|[无缺]证据|否认"
    ),
}


class Change(StrEnum):
    """Which way something changed, or how it compares with another."""

    MORE = "more"
    LESS = "less"
    EARLIER = "earlier"
    LATER = "later"


_AMOUNT = r"(?=[出于了]|约|近|超|\d|[一二三四五六七八九十两几百])"
_CHANGES = {
    Change.MORE: re.compile(
        "增长|增加|增到|升到|涨到|增至|增幅|增多|增收|新增|上升|提高|提升|上涨|上调|涨至|涨幅|升至|攀升|回升|走高|扩大"
        "|扩展|扩充|增产|翻番|翻了"
        rf"|高于|多于|优于|偏[多高大强]|(?<![最提])高{_AMOUNT}|(?<![最增])多(?=[出于了]|\d)|贵{_AMOUNT}|涨{_AMOUNT}"
        rf"|(?<![新])增{_AMOUNT}|升{_AMOUNT}"
    ),
    Change.LESS: re.compile(
        "下降|减少|减到|减至|减幅|下滑|降低|降至|降幅|降到|回落|下跌|跌至|跌幅|走低|下调|缩小|缩减|缩短|萎缩|节省|节约|省下|减产|削减|压缩"
        f"|低于|少于|偏[少低小弱]|(?<![最降])低{_AMOUNT}|(?<![最减])少[出于了]|便宜|跌{_AMOUNT}|(?<![下])降{_AMOUNT}|(?<![缩削])减{_AMOUNT}"
    ),
    Change.EARLIER: re.compile(f"提前|提早|早于|(?<![最])早{_AMOUNT}"),
    Change.LATER: re.compile(f"推迟|延后|延迟|晚于|(?<![最夜])晚{_AMOUNT}"),
}
OPPOSITE: dict[Change, Change] = {
    Change.MORE: Change.LESS,
    Change.LESS: Change.MORE,
    Change.EARLIER: Change.LATER,
    Change.LATER: Change.EARLIER,
}

_PLANNED = re.compile(
    "(?<![项个的该本份次大])计划(?!生育|经济|单列|书|[的外内被])|(?<![虚模比草])拟(?=于|在|建|定|从|对|将|以|用|投|新|由"
    "|向|设|增|征|于|分)|预计|预期|打算|准备(?!了|好|工作|金)|有望|力争|争取"
    "|将(?=于|在|从|会|要|由|以|开|建|达|有|对|继续|进一步|新|增|投|推|举|迎|成|实|全|分|逐|完|改|提|启|重|把|再|与|向|为|是|陆|专|服|承|负责|参|获|接|面|不|可|作|减|达|用|主|共)|(?<=[后底起前])将"
    "|(?:按照?|根据|依照)规划|规划(?=[建到在于])|即将|将要|另行|有意|待建|在建|考虑|须经|需经|有待|尚需|尚待|要等|再论证"
    "|定在|定于|目标是|提出(?=到)|下一步|明年"
)
_PLANNED_LOOSELY = re.compile(
    "将|希望|想|愿意|意向|提议|建议|须|需|要(?![求点素闻])|会(?=[在有使让把被继于成])|目标|规划|下一|下次|改由|预定|未来|尚未|还没|另行"
)
_RANKS = {
    "首次": re.compile(
        "首(?:次|个|家|座|条|例|批|创|发|列|台|部|张|项|款|位)|第一(?:次|个|家|座|条|例|批|位|台|部|张|项|款)"
        "|头一[个次家座条例批]|率先|最早|最先"
    ),
    "唯一": re.compile("唯一|仅此|独有|独家|仅有的?一|只有一"),
    "同比": re.compile(r"同比|[比较](?:上年|去年|上一年|前一年|\d{4}年)|(?:上年|去年)同期|上年"),
    "环比": re.compile("环比|[比较](?:上月|上季|上个月|上周|上一季度)"),
}
_APART = [
    group.split("/")
    for group in (
        "上游/中游/下游 左岸/右岸 左侧/右侧 前排/后排 楼上/楼下 国家级/省级/市级/县级 旺季/淡季 丰水期/枯水期 成人/儿童/老人 "
        "东部/西部/南部/北部/中部 东侧/西侧/南侧/北侧 东南/东北/西南/西北 上半年/下半年 上午/下午/凌晨 "
        "春季/夏季/秋季/冬季 春天/夏天/秋天/冬天 春耕/秋收 "
        "一季度/二季度/三季度/四季度 月初/月末/月底 年初/年底 去年/前年/今年/明年 冠军/亚军/季军 首次/最后一次 "
        "第一次/最后一次 首任/末任/现任 "
        "小学/初中/高中/大学 中学/小学/大学 本科/硕士/博士 男性/女性 男子/女子 男生/女生 城镇/农村 城市/农村 国内/国外 境内/境外 进口/出口 "
        "收入/支出 营收/净利润 营业收入/净利润 营业收入/营业成本 利润/亏损 盈利/亏损 产值/税收/利润 产量/销量 产能/产量 "
        "总产量/单产 投资额/销售额 销售额/采购额 售价/成本 "
        "人口/面积 长度/宽度/高度/深度 全长/宽度 重量/体积 父亲/母亲 丈夫/妻子 儿子/女儿 哥哥/弟弟 姐姐/妹妹 老师/学生 祖父/外祖父 "
        "作者/译者 导演/编剧/主演 作曲/作词 原告/被告 甲方/乙方 出租人/承租人 买方/卖方 出生/去世 出生/逝世 成立/解散 "
        "成立/撤销 创办/停办 开通/停运 "
        "开业/关闭 开业/停业 开工/竣工 动工/完工 建成/拆除 开始/结束 上任/卸任 就任/辞职 入学/毕业 结婚/离婚 当选/落选 获得/失去 加入/退出 "
        "上市/退市 发行/停售 首播/停播 发现/失踪 购买/出售 收购/出售 买入/卖出 支持/反对 赞成/反对 同意/拒绝 批准/驳回 允许/禁止 胜诉/败诉 "
        "优点/缺点 优势/劣势 原因/后果 原因/结果 喜欢/讨厌 成功/失败 合格/不合格 有效/无效 公开/不公开 以上/以下 "
        "以前/以后 之前/之后 有期徒刑/无期徒刑 "
        "一等奖/二等奖/三等奖 特等奖/一等奖 一级/二级/三级 甲等/乙等 免费/收费 中标/流标 单数/双数 工作日/节假日 "
        "工作日/周末 单位/个人 企业/个人 城区/郊区 室内/室外 白天/夜间 白班/夜班 有害/无害"
    ).split()
]
"""Words of which one rules out the others where it is said of the same."""

_DEGREE = re.compile(
    "(?:[略更较稍偏]|[比于][^,，。;；]{0,8}?[还要略更])([高低大小多少长短早晚快慢好差强弱新旧深浅远近重轻贵宽窄厚薄冷热])(?![兴度级价学人家])"
)
_OTHER_WAY = {
    one: other
    for pair in zip("高大多长早快好强新深远重宽厚热", "低小少短晚慢差弱旧浅近轻窄薄冷", strict=True)
    for one, other in (pair, pair[::-1])
}
_FREE = re.compile("[不免]收费|[不无]需?[交要]钱")
_MOST = re.compile("最[高低大小多少长短早晚快慢好差强弱新老深远重轻贵难缺]")
_SAME_MOST = {
    "最高": re.compile("不超过|不得超过|最多|上限|至多|以下|第一|居首"),
    "最多": re.compile(r"限(?=[养购领乘用载额]|\d)|不超过|不得超过|最高|至多|上限|以下|多半|第一|居首"),
    "最低": re.compile("起|最少|至少"),
    "最大": re.compile("第一|居首|首位|最多"),
    "最早": _RANKS["首次"],
    "最长": re.compile("最久|不超过|不得超过|至多|以内|以下"),
}


def denials(text: str) -> list[int]:
    """Where what the text denies begins, behind the words that deny it, in order.

    A bound (没有超过) denies nothing, nor does a word that only looks so (不仅, 非常).
    """
    folded = fold(text)
    spared = {place for match in _NO_DENIAL.finditer(folded) for place in range(match.start(), match.end())}
    return [match.end() for match in _DENIAL.finditer(folded) if match.start() not in spared]


def limits(text: str) -> set[Limit]:
    """What bounds the text: "如果连续三年亏损，…" → a condition; "网传…" → hearsay."""
    folded = fold(text)
    return {limit for limit, pattern in _LIMITS.items() if pattern.search(folded)}


def changes(text: str) -> set[Change]:
    """Which ways the text says that things changed or compare: "下降了18%" → less."""
    folded = fold(text)
    return {change for change, pattern in _CHANGES.items() if pattern.search(folded)}


def displaced(said: str, evidence: str, around: str) -> list[str]:
    """The words of what is `said` in whose place the `evidence` has another that rules them out; one that stands `around` it is left."""
    folded, there, near = _FREE.sub("免费", fold(said)), fold(evidence), fold(around)
    degrees = {match[1] for match in _DEGREE.finditer(there)}
    other_way = [match[0] for match in _DEGREE.finditer(folded) if match[1] not in degrees and _OTHER_WAY.get(match[1]) in degrees]
    return other_way + [
        word
        for group in _APART
        for word in group
        if word in folded
        and word not in near
        and any(other in there and other not in folded and other not in word and word not in other for other in group)
    ]


def planned(text: str) -> bool:
    """Whether the text gives a plan or a forecast, and no fact: "拟在2024年建成"."""
    return _PLANNED.search(fold(text)) is not None


def maybe_planned(text: str) -> bool:
    """Whether the text can be read as a plan, as 要, 会 and 尚未 leave it open."""
    folded = fold(text)
    return _PLANNED.search(folded) is not None or _PLANNED_LOOSELY.search(folded) is not None


def missing_ranks(said: str, evidence: str) -> list[str]:
    """What the text `said` claims to be the first, the only, the most, or compared with, that the `evidence` does not say of anything."""
    folded, there = fold(said), fold(evidence)
    found = [match[0] for pattern in _RANKS.values() if (match := pattern.search(folded)) and not pattern.search(there)]
    for match in _MOST.finditer(folded):
        same = _SAME_MOST.get(match[0])
        if match[0] not in there and not (same and same.search(there)):
            found.append(match[0])
    return found
