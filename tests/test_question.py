"""What questions ask for, read from their words."""

import pytest

from rag.answers.question import Kind, parse


@pytest.mark.parametrize(
    ("text", "kind", "unit"),
    [
        ("茶厂产值?", Kind.FIGURE, "元"),
        ("三号线有多少座车站？", Kind.FIGURE, "座"),
        ("识别准确率是多少", Kind.FIGURE, "%"),
        ("新馆面积多大", Kind.FIGURE, "平方"),
        ("门票多少钱？", Kind.FIGURE, "元"),
        ("馆长是谁？", Kind.PERSON, ""),
        ("邱望舒是干什么的？", Kind.ROLE, ""),
        ("邱望舒是谁", Kind.ROLE, ""),
        ("欧阳小禾是谁？", Kind.ROLE, ""),
        ("董事长是谁？", Kind.PERSON, ""),
        ("谁是馆长？", Kind.PERSON, ""),
        ("新馆在哪里？", Kind.PLACE, ""),
        ("三号线什么时候开通？", Kind.TIME, ""),
        ("开通日期", Kind.TIME, "日"),
        ("哪一年开通", Kind.TIME, "年"),
        ("为什么提前采茶？", Kind.REASON, ""),
        ("怎么办理借书证？", Kind.MANNER, ""),
        ("可以换乘哪些线路？", Kind.LIST, ""),
        ("茶好喝吗", Kind.WHETHER, ""),
        ("三号线开通了吗？", Kind.WHETHER, ""),
        ("茶厂产值是否超过3000万元", Kind.WHETHER, ""),
        ("周末能不能参观", Kind.WHETHER, ""),
        ("有没有人知道票价是多少", Kind.FIGURE, "元"),
        ("知道几点开门吗", Kind.TIME, ""),
        ("任何人都可以参加吗？", Kind.WHETHER, ""),
    ],
)
def test_the_kind_and_the_unit_asked_for(text: str, kind: Kind, unit: str) -> None:
    (question,) = parse(text)
    assert (question.kind, question.unit) == (kind, unit)


def test_a_traditional_question_asks_for_the_same_as_a_simplified_one() -> None:
    (traditional,), (simplified,) = parse("臨港產值是多少？"), parse("临港产值是多少？")
    assert (traditional.kind, traditional.content) == (simplified.kind, simplified.content)
    assert traditional.asked == "臨港產值是多少"


def test_a_question_of_two_sentences_asks_two_things() -> None:
    assert [question.asked for question in parse("哪一年开工？有多少座车站？")] == ["哪一年开工", "有多少座车站"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("三号线哪天开通，票价多少？", ["三号线哪天开通", "三号线票价多少"]),
        ("馆长是谁，哪年上任？", ["馆长是谁", "馆长哪年上任"]),
        ("茶厂2022年产值多少？增速多少？", ["茶厂2022年产值多少", "茶厂2022年产值增速多少"]),
        ("茶厂产值多少？春耕贷的利率是多少？", ["茶厂产值多少", "春耕贷的利率是多少"]),
        ("能打证件的机器叫什么，谁家的？", ["能打证件的机器叫什么", "能打证件的机器叫什么，谁家的"]),
        ("从县城到茶山，要多久？", ["从县城到茶山，要多久"]),
        ("“多少钱，什么价”这首歌是谁唱的？", ["“多少钱，什么价”这首歌是谁唱的"]),
        ("茶厂2022年产值多少，2021年多少？", ["茶厂2022年产值多少", "茶厂产值2021年多少"]),
        ("2021年和2022年的产值分别是多少？", ["2021年的产值是多少", "2022年的产值是多少"]),
        ("书记是谁，镇长是谁？", ["书记是谁", "镇长是谁"]),
        ("小区物业费多少，停车费多少？", ["小区物业费多少", "小区停车费多少"]),
        ("三号线全长多少公里，设几座车站？", ["三号线全长多少公里", "三号线设几座车站"]),
        ("你好。请问三号线什么时候开通？", ["请问三号线什么时候开通"]),
        ("为降低成本，茶厂做了什么？", ["为降低成本，茶厂做了什么"]),
        ("茶厂扩大规模，去年产值多少？", ["茶厂扩大规模，去年产值多少"]),
        ("三号线下调票价，客流增加了多少？", ["三号线下调票价，客流增加了多少"]),
        ("除了票价，三号线还有什么优惠？", ["除了票价，三号线还有什么优惠"]),
        ("临港有很多大型企业，产值多少？", ["临港有很多大型企业，产值多少"]),
        ("哪吒汽车落户桐乡，产值多少？", ["哪吒汽车落户桐乡，产值多少"]),
        ("不管怎么样，三号线几点开门？", ["不管怎么样，三号线几点开门"]),
        ("有多少家企业产值超过1,000万元，分布在哪？", ["有多少家企业产值超过1,000万元", "有多少家企业产值超过1,000万元，分布在哪"]),
        ("哪些企业还有什么优惠？", ["哪些企业还有什么优惠"]),
        ("谁、什么时候发明了电话？", ["谁、什么时候发明了电话"]),
        ("《城市更新条例》什么时候施行，有哪些主要内容？", ["《城市更新条例》什么时候施行", "《城市更新条例》有哪些主要内容"]),
        ("《春茶上市》登在哪个版，作者是谁？", ["《春茶上市》登在哪个版", "《春茶上市》作者是谁"]),
        ("张江科学城面积多大，位于哪里？", ["张江科学城面积多大", "张江科学城位于哪里"]),
        ("图书馆票价多少，几点开门？", ["图书馆票价多少", "图书馆几点开门"]),
        ("2022年的GDP是多少？2023年呢？", ["2022年的GDP是多少", "2022年的GDP是多少，2023年呢"]),
        ("请问谁知道三号线什么时候通车？", ["三号线什么时候通车"]),
        ("二〇二一年和二〇二二年的产值各是多少？", ["二〇二一年的产值是多少", "二〇二二年的产值是多少"]),
    ],
)
def test_clauses_that_ask_each_for_something_are_parts_with_the_subject_of_the_first(text: str, parts: list[str]) -> None:
    assert [question.whole for question in parse(text)] == parts


def test_a_later_part_that_only_names_another_year_asks_for_the_same() -> None:
    first, second = parse("茶厂2022年的产值是多少？2023年呢？")
    assert (second.kind, second.unit) == (first.kind, first.unit)
    assert second.years == {2023}


def test_years_editions_and_plans_are_what_the_answer_has_to_be_about() -> None:
    (question,) = parse("“十四五”期间第三届茶会2021年卖了多少茶")
    assert question.years == {2021}
    assert list(question.ordinals.values()) == ["第三届"]
    assert question.plans == {"十四五"}


@pytest.mark.parametrize("text", ["", "？？", " 。 "])
def test_a_question_without_words_asks_nothing(text: str) -> None:
    assert parse(text) == []
