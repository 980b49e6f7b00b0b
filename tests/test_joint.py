"""Questions about several things: how they are told from others, what is asked of each, and what is computed of the answers."""

import pytest

from rag.answers.joint import Joint, Operation, joint
from rag.answers.together import together


@pytest.mark.parametrize(
    ("question", "operation", "questions"),
    [
        ("甲厂和乙厂2022年的产值哪个高？", "most", ("甲厂2022年的产值是多少", "乙厂2022年的产值是多少")),
        ("3号线和4号线哪条长？", "most", ("3号线有多长", "4号线有多长")),
        ("岚溪和安棠谁的茶园面积小？", "least", ("岚溪的茶园面积是多少", "安棠的茶园面积是多少")),
        ("岚溪县的茶园面积和安棠县的茶园面积哪个大？", "most", ("岚溪县的茶园面积是多少", "安棠县的茶园面积是多少")),
        ("三号线和四号线哪个开通得早？", "first", ("三号线开通是什么时候", "四号线开通是什么时候")),
        (
            "比较甲公司和乙公司分别进行债务重组的时间，哪家公司债务重组时间更晚？",
            "last",
            ("甲公司债务重组是什么时候", "乙公司债务重组是什么时候"),
        ),
        ("甲公司2021年和2022年的营收相差多少亿元？", "difference", ("甲公司2021年的营收是多少亿元", "甲公司2022年的营收是多少亿元")),
        ("甲公司的营收比乙公司高多少？", "difference", ("甲公司的营收是多少", "乙公司的营收是多少")),
        ("3号线比1号线长多少公里？", "difference", ("3号线有多长", "1号线有多长")),
        ("三号线跟四号线哪个先动工？", "first", ("三号线动工是什么时候", "四号线动工是什么时候")),
        ("新馆藏书比老馆多多少？", "difference", ("新馆藏书多少", "老馆藏书多少")),
        ("临港2022年产值比2021年增长了多少？", "growth", ("临港2022年的产值是多少", "临港2021年的产值是多少")),
        ("从2021年到2022年，临港产值增长了多少？", "growth", ("2021年的临港产值是多少", "2022年的临港产值是多少")),
        ("甲镇、乙镇和丙镇的助老食堂一共多少家？", "sum", tuple(f"{one}镇的助老食堂有多少家" for one in "甲乙丙")),
        ("甲公司和乙公司的平均营收是多少？", "average", ("甲公司的营收是多少", "乙公司的营收是多少")),
        ("甲公司和乙公司在2018年和2019年分别换了谁？", "each", ("甲公司2018年换了谁", "乙公司2019年换了谁")),
        ("3號線與4號線哪條長？", "most", ("3号线有多长", "4号线有多长")),
    ],
)
def test_what_is_asked_of_each_and_of_all(question: str, operation: str, questions: tuple[str, ...]) -> None:
    found = joint(question)
    assert found is not None
    assert (found.operation, found.questions) == (Operation(operation), questions)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "？",
        "和",
        "临港新能源产值?",
        "知识外包的规模跟传统外包比怎么样了",
        "做法和成效是什么？",
        "工业和信息化部是哪年成立的？",
        "沈知微与邱望舒是什么关系？",
        "3号线哪天开通，全长多少公里？",
        "2022年交付和出口各多少辆？出口占几成？",
        "财政和金融怎么支持制造业？",
        "茶叶出口和内销比例是多少？",
        "为什么今年比去年少？",
        "甲、乙、丙、丁、戊、己的产值一共多少？",
        "和" * 400,
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    assert joint(question) is None


TWO = ("甲厂", "乙厂")


@pytest.mark.parametrize(
    ("operation", "shorts", "text", "short"),
    [
        ("most", ("52.3亿元", "40亿元"), "甲厂更高：52.3亿元＞40亿元。", "甲厂"),
        ("least", ("9800万元", "1.2亿元"), "甲厂更高：9800万元＜1.2亿元。", "甲厂"),
        ("most", ("10亿元", "10亿元"), "甲厂、乙厂相同，都是10亿元。", "相同"),
        ("difference", ("52.3亿元", "40亿元"), "相差12.3亿元：52.3亿元－40亿元＝12.3亿元。", "12.3亿元"),
        ("difference", ("40亿元", "52.3亿元"), "相差12.3亿元：52.3亿元－40亿元＝12.3亿元。", "12.3亿元"),
        ("difference", ("约3200万元", "2800万元"), "相差约400万元：3200万元－2800万元＝400万元。", "约400万元"),
        ("difference", ("27.6公里", "800米"), "相差2.68万米：27.6公里－800米＝2.68万米。", "2.68万米"),
        ("difference", ("52%", "40.5%"), "相差11.5个百分点：52%－40.5%＝11.5个百分点。", "11.5个百分点"),
        ("sum", ("6家", "120家"), "合计126家：6家＋120家＝126家。", "126家"),
        ("average", ("1350吨", "1351吨"), "平均1350.5吨：（1350吨＋1351吨）÷2＝1350.5吨。", "1350.5吨"),
    ],
)
def test_the_arithmetic_is_exact_and_shown(operation: str, shorts: tuple[str, ...], text: str, short: str) -> None:
    made = together(Joint(TWO, ("", ""), Operation(operation), "高"), shorts)
    assert (made.text, made.short, made.reason) == (text, short, "")


def test_growth_is_of_the_earlier_year() -> None:
    for things, shorts in ((("2021年", "2022年"), ("40亿元", "52.3亿元")), (("2022年", "2021年"), ("52.3亿元", "40亿元"))):
        made = together(Joint(things, ("", ""), Operation.GROWTH), shorts)
        assert made.text == "增加12.3亿元：52.3亿元－40亿元＝12.3亿元；12.3亿元÷40亿元＝30.75%。"
    less = together(Joint(("2021年", "2022年"), ("", ""), Operation.GROWTH), ("3人", "2人"))
    assert less.text == "减少1人：3人－2人＝1人；1人÷3人≈33.33%。"


def test_an_average_that_is_not_even_is_about() -> None:
    made = together(Joint(("甲", "乙", "丙"), ("",) * 3, Operation.AVERAGE), ("1万人", "1万人", "2万人"))
    assert made.text == "平均约1.33万人：（1万人＋1万人＋2万人）÷3≈1.33万人。"


@pytest.mark.parametrize(
    ("operation", "shorts", "text"),
    [
        ("first", ("2018年1月", "2019年1月"), "甲厂更早：2018年1月早于2019年1月。"),
        ("last", ("2018年1月", "2019年"), "乙厂更早：2019年晚于2018年1月。"),
    ],
)
def test_what_came_first(operation: str, shorts: tuple[str, ...], text: str) -> None:
    assert together(Joint(TWO, ("", ""), Operation(operation), "早"), shorts).text == text


@pytest.mark.parametrize(
    ("operation", "shorts"),
    [
        ("difference", ("52.3亿元", "40亿美元")),
        ("sum", ("52%", "40%")),
        ("average", ("52%", "40%")),
        ("difference", ("52.3亿元", "一些")),
        ("difference", ("从40亿元到52.3亿元", "40亿元")),
        ("first", ("8月28日", "2019年1月")),
        ("first", ("2019年", "2019年1月")),
        ("most", ("52", "40")),
    ],
)
def test_what_cannot_be_put_together_is_not_and_it_is_said_why(operation: str, shorts: tuple[str, ...]) -> None:
    made = together(Joint(TWO, ("", ""), Operation(operation), "高"), shorts)
    assert not made.text
    assert made.reason


def test_a_thing_is_named_as_the_question_names_it() -> None:
    asked = joint("ABC公司和Ｘｙ集团2020年的营收哪个高？")
    assert asked is not None
    assert asked.things == ("ABC公司2020年", "Xy集团2020年")
