"""How follow-ups are made whole: what they point to, what they swap, what they leave out, and what is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answers.conversation import LONGEST, LOOKED_AT, whole, whole_turns
from rag.chinese.names import persons
from rag.records import Turn


def after(*turns: str | tuple[str, str]) -> list[Turn]:
    """A history: questions, or questions with their answers."""
    return [Turn(turn) if isinstance(turn, str) else Turn(*turn) for turn in turns]


@pytest.mark.parametrize(
    ("before", "follow_up", "meant"),
    [
        ("邱望舒是谁？", "他说了什么？", "邱望舒说了什么？"),
        ("馆长沈知微说了什么？", "她什么时候上任？", "沈知微什么时候上任？"),
        ("宋霁月的团队多久取一次影像？", "她是哪里人？", "宋霁月是哪里人？"),
        ("澜州市图书馆的副馆长是谁？", "他多大年纪？", "澜州市图书馆的副馆长多大年纪？"),
        ("李白和杜甫是什么关系？", "他们什么时候认识的？", "李白和杜甫什么时候认识的？"),
        ("新馆有几台机器人？", "它们有什么用？", "新馆机器人有什么用？"),
        ("春耕贷的利率是多少？", "它的额度有多大？", "春耕贷的额度有多大？"),
        ("云湛公司的客户主要来自哪些国家？", "这家公司哪年成立的？", "云湛公司哪年成立的？"),
        ("棉舟纺织厂的余热回收装置投资多少？", "该厂的车间主任是谁？", "棉舟纺织厂的车间主任是谁？"),
        ("棉舟纺织厂的余热回收装置投资多少？", "这套装置一年能省多少煤？", "棉舟纺织厂的余热回收装置一年能省多少煤？"),
        ("三号线全长多少公里？", "这条线有几座车站？", "三号线有几座车站？"),
        ("特斯拉哪一年落户臨港？", "那裡有多大？", "臨港有多大？"),
        ("柳荫街道办事处主任是谁？", "街道有几家助老食堂？", "柳荫街道有几家助老食堂？"),
        ("新馆有多少阅览座位？", "其中夜读区有多少？", "新馆其中夜读区有多少？"),
    ],
)
def test_a_word_that_points_back_is_replaced_by_what_it_points_to(before: str, follow_up: str, meant: str) -> None:
    assert whole(follow_up, after(before)) == meant


def test_a_person_whom_only_the_answer_names_is_found_there() -> None:
    history = after(("故宫博物院的院长是谁？", "故宫博物院院长王旭东说，展期延长。"))
    assert whole("他哪年上任的？", history) == "王旭东哪年上任的？"
    assert whole("她说了什么？", after(("谁主持设计了新馆？", "由青年建筑师程以宁主持设计。"))) == "程以宁说了什么？"


def test_of_several_persons_in_an_answer_it_is_the_one_behind_the_office() -> None:
    history = after(("图书馆的馆长是谁？", "读者黄阿满来了，馆长沈知微迎接。"))
    assert whole("她说了什么？", history) == "沈知微说了什么？"


@pytest.mark.parametrize(
    ("before", "follow_up", "meant"),
    [
        ("2022年北京的人口是多少？", "那2021年呢？", "2021年北京的人口是多少？"),
        ("2022年北京的人口是多少？", "二〇二一年是多少", "二〇二一年北京的人口是多少？"),
        ("岚溪县产干茶多少吨？", "2022年呢", "2022年岚溪县产干茶多少吨？"),
        ("嵐溪縣2023年產乾茶多少噸", "那2022年呢", "嵐溪縣2022年產乾茶多少噸？"),
        ("云湛公司2014年成立时有多少员工？", "现在呢？", "云湛公司现在有多少员工？"),
        ("2022年北京的人口是多少？", "上海呢？", "2022年上海的人口是多少？"),
        ("岚溪县2023年产干茶多少吨？", "禾泽县呢？", "禾泽县2023年产干茶多少吨？"),
        ("澄浦县有多少家绿色工厂？", "全国呢？", "全国有多少家绿色工厂？"),
        ("澜州地铁3号线全长多少公里？", "4号线呢？", "澜州地铁4号线全长多少公里？"),
        ("第三届茶会卖了多少茶？", "第二届呢？", "第二届茶会卖了多少茶？"),
        ("80岁以上的老人每餐补贴多少钱？", "70岁以上的呢？", "70岁以上的老人每餐补贴多少钱？"),
        ("沈知微是干什么的？", "那邱望舒呢？", "邱望舒是干什么的？"),
        ("老魏多大岁数？", "林秀芝呢", "林秀芝多大岁数？"),
        ("新馆什么时候开放？", "旧馆呢？", "旧馆什么时候开放？"),
        ("获评国家级绿色工厂奖励多少钱？", "市级的呢？", "获评市级绿色工厂奖励多少钱？"),
        ("上海浦东机场有几条跑道？", "虹桥机场呢？", "虹桥机场有几条跑道？"),
        ("全县备下化肥多少吨？", "种子呢", "全县备下种子多少吨？"),
        ("新馆在哪里？", "建筑面积呢？", "新馆建筑面积是多少？"),
        ("新馆在哪里？", "馆长呢？", "新馆馆长是谁？"),
        ("比亚迪2023年的净利润是多少？", "营业收入呢？", "比亚迪2023年营业收入是多少？"),
        ("茶厂2022年产值多少？", "增速呢？", "茶厂2022年产值增速是多少？"),
    ],
)
def test_what_is_named_takes_the_place_of_what_is_of_its_kind(before: str, follow_up: str, meant: str) -> None:
    assert whole(follow_up, after(before)) == meant


@pytest.mark.parametrize(
    ("before", "follow_up", "meant"),
    [
        ("三号线全长多少公里？", "什么时候开通？", "三号线什么时候开通？"),
        ("三号线全长多少公里？", "多少钱", "三号线多少钱？"),
        ("三号线全长多少公里？", "在哪里？", "三号线在哪里？"),
        ("谁设计了澜州市图书馆新馆？", "面积多大？", "澜州市图书馆新馆面积多大？"),
        ("云湛公司2022年离岸合同额是多少？", "总经理是谁？", "云湛公司总经理是谁？"),
        ("特斯拉上海工厂2022年交车多少辆？", "2023年交车多少辆？", "特斯拉上海工厂2023年交车多少辆？"),
        ("劳动合同法第十条说了什么？", "那第二十条说了什么？", "劳动合同法第二十条说了什么？"),
        ("云湛公司的客户主要来自哪些国家？", "还有呢？", "云湛公司的客户主要还来自哪些国家？"),
        ("岚溪有哪些做法？", "还有吗", "岚溪还有哪些做法？"),
        ("武汉哪一年进了首批名单？", "为什么？", "武汉为什么进了首批名单？"),
        ("云湛公司的客户主要来自哪些国家？", "为什么呢", "云湛公司的客户为什么主要来自这些国家？"),
        ("为什么老人不都去养老院？", "谁说的？", "老人不都去养老院是谁说的？"),
        ("農藥用量減少了多少？", "怎麼做到的？", "農藥用量減少是怎麼做到的？"),
        ("武汉进了首批名单吗？", "什么时候？", "武汉什么时候进了首批名单？"),
    ],
)
def test_what_a_few_words_leave_out_is_put_back(before: str, follow_up: str, meant: str) -> None:
    assert whole(follow_up, after(before)) == meant


@pytest.mark.parametrize(
    "question",
    [
        "春耕贷的年利率是多少？",
        "三号线全长多少？",
        "袁守田贷了多少？",
        "2022年临港产值多少？",
        "《春茶早开园》是谁写的？",
        "什么是绿色工厂？",
        "哪些企业在减排？",
        "火星上有水吗？",
        "天气怎么样？",
        "今天星期几？",
        "春茶上市了吗？",
        "其实茶厂2022年亏了吗？",
        "沈知微为什么说她喜欢书？",
        "“他”这首歌是谁唱的？",
        "你是谁？",
        "谢谢",
        "好的。",
        "asdf",
    ],
)
def test_a_whole_question_and_what_is_none_stay_as_they_are(question: str) -> None:
    assert whole(question, after(("澜州市图书馆新馆在哪里？", "新馆坐落在滨江新区。"))) == question


@pytest.mark.parametrize(
    ("before", "follow_up"),
    [
        ("春耕贷的利率是多少？", "他是谁？"),
        ("春耕贷的利率是多少？", "4号线呢？"),
        ("特斯拉哪一年落户临港？", "那2021年呢？"),
        ("三号线全长多少公里？", "特斯拉呢？"),
        ("三号线全长多少公里？", "沈知微呢？"),
        ("2022年北京的人口是多少？", "沈知微呢？"),
        ("茶厂2022年产值多少？", "其他呢"),
        ("岚溪的茶园为什么提前开采？", "为什么？"),
        ("棉舟纺织厂的余热回收装置投资多少？", "当地有多少绿色工厂？"),
        ("谢谢", "面积呢？"),
    ],
)
def test_where_nothing_fits_nothing_is_glued_to_it(before: str, follow_up: str) -> None:
    assert whole(follow_up, after(before)) == follow_up


def test_where_the_last_turn_does_not_fit_an_earlier_one_does() -> None:
    assert whole("他说了什么？", after("邱望舒是谁？", "春耕贷的利率是多少？")) == "邱望舒说了什么？"
    assert whole("4号线呢？", after("3号线全长多少公里？", "春耕贷的利率是多少？")) == "4号线全长多少公里？"


def test_what_was_said_too_long_ago_is_forgotten() -> None:
    assert whole("他说了什么？", after("邱望舒是谁？", *["春耕贷的利率是多少？"] * 49)) == "他说了什么？"


def test_follow_ups_chain_over_the_questions_made_whole() -> None:
    history: list[Turn] = []
    asked = ["澜州地铁3号线哪天开通？", "全长多少公里？", "4号线呢？", "它什么时候动工？", "总投资呢？"] * 10
    for question in asked:
        history.append(Turn(whole(question, history)))
    assert [turn.question for turn in history[:5]] == [
        "澜州地铁3号线哪天开通？",
        "澜州地铁3号线全长多少公里？",
        "澜州地铁4号线全长多少公里？",
        "澜州地铁4号线什么时候动工？",
        "澜州地铁4号线总投资是多少？",
    ]
    assert history[45:] == history[:5]


@pytest.mark.parametrize("question", ["那2021年呢？", "", "  ", "？？", "他是谁"])
def test_without_a_history_a_question_is_what_was_typed(question: str) -> None:
    assert whole(question, ()) == question


@pytest.mark.parametrize("question", ["", "  ", "？？", "。"])
def test_a_question_without_words_follows_nothing(question: str) -> None:
    assert whole(question, after("三号线全长多少公里？")) == question


@pytest.mark.parametrize("before", ["", "？？", "面积" * 50_000, "<script>alert(1)</script>", "((((", "\\", "\x00"])
def test_a_turn_without_a_subject_or_with_a_hostile_one_is_passed_over(before: str) -> None:
    assert whole("面积呢？", after("三号线票价多少？", before)) in ("面积呢？", "三号线面积是多少？")


def test_a_long_question_says_itself_what_it_is_about() -> None:
    question = "他" * (LONGEST + 1)
    assert whole(question, after("邱望舒是谁？")) == question


PARTS = "他 它 其中 该厂 那里 这条线 2021年 3号线 第二届 沈知微 上海 茶厂 面积 呢 多少 为什么 谁 的 有 是 了 ？ ， “ 》 ( \\ [ * 0".split()
SENTENCES = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)


@settings(deadline=None, max_examples=150)
@given(SENTENCES, st.lists(SENTENCES, max_size=3), st.text(max_size=20))
def test_a_follow_up_is_left_alone_or_keeps_to_the_words_of_the_conversation(asked: str, before: list[str], answer: str) -> None:
    made = whole(asked, [Turn(question, answer) for question in before])
    assert made == asked or made.endswith("？")
    assert len(made) <= len(asked) + sum(map(len, before)) + len(answer) + 10


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("馆长沈知微说了什么", ["沈知微"]),
        ("袁守田贷了多少", ["袁守田"]),
        ("宋霁月是谁", ["宋霁月"]),
        ("老魏多大岁数", ["老魏"]),
        ("安棠市的助老食堂", []),
        ("柳荫街道有几家食堂", []),
        ("澜州地铁3号线", []),
        ("", []),
    ],
)
def test_persons_are_told_from_places_and_keep_their_third_character(text: str, names: list[str]) -> None:
    assert persons(text) == names


def test_turns_as_they_were_typed_are_made_whole_one_after_the_other() -> None:
    typed = [Turn("临港2022年产值是多少？", "2634亿元"), Turn("那2021年呢？"), Turn("面积呢？")]
    turns = whole_turns(typed)
    assert turns[0].question == "临港2022年产值是多少？"
    assert "2021" in turns[1].question
    assert "临港" in turns[1].question
    assert "临港" in turns[2].question
    assert whole_turns(turns) == turns
    assert len(whole_turns(typed * 20)) == LOOKED_AT


@pytest.mark.parametrize(
    ("before", "asked", "understood"),
    [
        ("第一季度产值是多少？", "第二季度呢", "第二季度产值是多少？"),
        ("特斯拉哪一年落户临港？", "怎么做红烧肉？", "怎么做红烧肉？"),
        ("三号线哪天开通？", "哪里可以办护照？", "哪里可以办护照？"),
        ("三号线哪天开通？", "怎样预防流感？", "怎样预防流感？"),
        ("社区食堂有几家？", "怎么订餐", "社区食堂怎么订餐？"),
        ("黄河流经哪些省？", "那条河有多长？", "那条河有多长？"),
        ("世界杯决赛在哪里举行？", "那场比赛谁赢了", "那场比赛谁赢了"),
        ("阿司匹林有什么功能？", "该药多少钱", "该药多少钱"),
        ("三号线哪天开通？", "你知道它的票价吗？", "三号线的票价吗？"),
    ],
)
def test_what_is_whole_or_points_elsewhere_gets_no_subject(before: str, asked: str, understood: str) -> None:
    assert whole(asked, [Turn(before)]) == understood
