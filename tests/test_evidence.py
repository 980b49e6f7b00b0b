"""What counts as evidence in a sentence, which constraints it meets, and which short answer is singled out."""

from dataclasses import replace

import pytest

from rag.answers import constraints, evidence
from rag.answers.question import parse
from rag.answers.selection import Candidate
from rag.answers.short import short, singled_out
from rag.chinese.scripts import fold
from rag.models.reader import Span
from rag.records import Document, Hit, Passage


def weights(question: str) -> dict[str, float]:
    return evidence.weigh(parse(question)[0], lambda _: 1.0)


def hit(text: str, *, title: str = "题", heading: str = "", date: str = "") -> Hit:
    document = Document("d", "page.txt", title, text, date=date)
    return Hit(Passage("p", "d", 1, heading, text, 0, len(text), (1, 1)), document, 1.0, 1, {"vector": 0.9, "terms": 1.0})


def test_coverage_counts_the_words_that_are_there() -> None:
    words = weights("茶厂产值是多少？")
    assert evidence.coverage(words, "茶厂的产值不小") == 1.0
    assert evidence.coverage(words, "天气很好") == 0.0
    assert 0 < evidence.coverage(words, "产值不小") < 1


def test_a_number_is_held_alone_and_a_latin_word_with_or_without_a_space() -> None:
    assert evidence.held("15", "共15人") == 1.0
    assert evidence.held("15", "2015年") == 0.0
    assert evidence.held("modely", "model y 每45秒下线一辆") == 1.0
    assert evidence.held("ai", "ai 模型") == 1.0


def test_a_word_with_a_typo_counts_in_part() -> None:
    assert 0 < evidence.held("林晓兵", "记者林晓斌报道") < 1


@pytest.mark.parametrize(
    ("question", "sentence", "fits"),
    [
        ("茶厂产值是多少？", "产值3200万元。", True),
        ("茶厂产值是多少？", "茶厂有32人。", False),
        ("准确率是多少？", "准确率超过98%。", True),
        ("三号线什么时候开通？", "8月28日开通。", True),
        ("三号线什么时候开通？", "这条线开通了。", False),
        ("馆长是谁？", "馆长李向聪介绍。", True),
        ("馆长是谁？", "馆里没有人。", False),
        ("卖哪些茶？", "有绿茶、红茶、白茶。", True),
    ],
)
def test_whether_the_kind_of_thing_asked_for_is_there(question: str, sentence: str, fits: bool) -> None:
    assert (evidence.fits(parse(question)[0], fold(sentence)) == 1.0) is fits


@pytest.mark.parametrize(
    ("question", "focus"),
    [("临港2021年汽车产值?", "产值"), ("乘联会会长是谁?", "会长"), ("有多少家工厂", "工厂"), ("供应什么电池", "电池")],
)
def test_the_word_that_the_question_hangs_on(question: str, focus: str) -> None:
    assert evidence.focus(parse(question)[0]) == focus


def unmet(question: str, found: Hit, sentence: str) -> list[str]:
    start = found.passage.text.index(sentence)
    return [c.name for c in constraints.unmet(parse(question)[0], found, [(start, start + len(sentence))])[0]]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("布林肯访华时间", "布林肯将于6月18日访华。"),
        ("服博会的地点", "服博会在国家会展中心开幕。"),
        ("船厂停产的原因", "由于订单减少，船厂停产。"),
    ],
)
def test_the_name_of_the_kind_is_not_looked_for(question: str, sentence: str) -> None:
    assert evidence.coverage(weights(question), sentence) == 1.0
    assert evidence.held(evidence.focus(parse(question)[0]), sentence) == 1.0


def test_a_question_of_nothing_but_its_kind_still_has_words() -> None:
    assert weights("时间？")


def test_an_id_that_stands_in_for_a_title_says_nothing() -> None:
    record = hit("全县产茶30吨。", title="2019-03-04")
    assert unmet("2021年产茶多少吨", record, "全县产茶30吨。") == ["2021年"]
    untitled = replace(record, document=replace(record.document, id="2019-03-04"))
    assert unmet("2021年产茶多少吨", untitled, "全县产茶30吨。") == []


def test_a_sentence_about_another_year_does_not_meet_the_question() -> None:
    assert unmet("2021年产茶多少吨", hit("2022年产茶30吨。"), "2022年产茶30吨。") == ["2021年"]


def test_a_sentence_is_about_the_year_named_before_it() -> None:
    text = "2021年雨水多。全县产茶30吨。"
    assert unmet("2021年产茶多少吨", hit(text), "全县产茶30吨。") == []
    assert unmet("2020年产茶多少吨", hit(text), "全县产茶30吨。") == ["2020年"]


def test_the_year_may_stand_in_the_title_or_the_date() -> None:
    assert unmet("2021年产茶多少吨", hit("全县产茶30吨。", title="2021年的春茶"), "全县产茶30吨。") == []
    assert unmet("2021年产茶多少吨", hit("全县产茶30吨。", date="2022-03-01"), "全县产茶30吨。") == ["2021年"]


def test_where_no_year_stands_nothing_contradicts() -> None:
    assert unmet("2021年产茶多少吨", hit("全县产茶30吨。"), "全县产茶30吨。") == []


def test_another_edition_or_plan_does_not_meet_the_question() -> None:
    assert unmet("第十三届茶会在哪里办", hit("第十二届茶会在县城举行。"), "第十二届茶会在县城举行。") == ["第十三届"]
    assert unmet("“十四五”期间增长多少", hit("“十三五”期间增长三成。"), "“十三五”期间增长三成。") == ["“十四五”"]


def test_another_office_does_not_meet_the_question() -> None:
    assistant = hit("茶厂董事长助理李明说，今年雨水多。")
    assert unmet("茶厂董事长是谁", assistant, assistant.passage.text) == ["“董事长”"]
    assert unmet("茶会会长是谁？", hit("茶会副会长李明说。"), "茶会副会长李明说。") == ["“会长”"]
    assert unmet("茶会副会长是谁？", hit("茶会副会长李明说。"), "茶会副会长李明说。") == []
    assert unmet("谁是茶厂董事长", hit("李明任茶厂董事长。"), "李明任茶厂董事长。") == []
    assert unmet("县长是谁？", hit("李明主持全县工作，为城市长期发展出力。"), "李明主持全县工作，为城市长期发展出力。") == []
    assert unmet("会长是谁？", hit("社会长期关注，副会长李明说。"), "社会长期关注，副会长李明说。") == ["“会长”"]
    assert unmet("茶会会长哪年上任", hit("李明前年上任。"), "李明前年上任。") == []


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("产值是多少？", "当年产值达3200万元。", "3200万元"),
        ("准确率是多少？", "检测准确率超过98%，耗时3秒。", "超过98%"),
        ("从业人员占比多少？", "从业人员占比75%，国际资质认证的占比是73.5%。", "75%"),
        ("2022年执行额是多少？", "执行额由2006年的13.8亿元增至2022年的2522.1亿元。", "2522.1亿元"),
        ("现在有多少家茶厂？", "茶厂从约50家发展到当前的700多家。", "700多家"),
        ("三号线哪天开通？", "三号线于2023年8月28日开通。", "2023年8月28日"),
        ("规模排第几？", "规模稳居全省第二，增长12倍。", "第二"),
        ("馆长是谁？", "馆长是李明。", ""),
        ("产值是多少？", "产值没有公布。", ""),
    ],
)
def test_the_short_answer(question: str, sentence: str, expected: str) -> None:
    assert short(parse(question)[0], sentence, weights(question)) == expected


@pytest.mark.parametrize(
    ("question", "sentence", "read", "expected"),
    [
        ("望江塔有多高？", "望江塔高41米，重修过两次。", "高41米", "41米"),
        ("望江塔有多高？", "望江塔高约41米。", "高约41米", "约41米"),
        ("4号线全长多少？", "4号线全长38.6公里。", "全长38.6公里", "38.6公里"),
        ("4号线全长多少？", "一期长20公里，二期长18公里。", "一期长20公里，二期长18公里", "一期长20公里，二期长18公里"),
        ("煤耗下降了多少？", "煤耗每吨下降12公斤。", "每吨下降12公斤", "每吨下降12公斤"),
    ],
)
def test_what_the_question_says_itself_is_left_out_of_a_figure(question: str, sentence: str, read: str, expected: str) -> None:
    start = sentence.index(read)
    candidate = Candidate(hit(sentence), 0, 0, len(sentence), {}, Span(start, start + len(read), 1.0))
    assert singled_out(parse(question)[0], candidate, weights(question)) == expected


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("街道办事处主任邱望舒说，老人每餐补贴3元。", "街道办事处主任"),
        ("据悉，邱望舒是该街道的办事处主任。", "该街道的办事处主任"),
        ("邱望舒说，主任会来。", None),
        ("主任李青说，邱望舒会来。", None),
    ],
)
def test_what_a_person_is_stands_beside_the_name(sentence: str, role: str | None) -> None:
    asked = parse("邱望舒是谁？")[0]
    assert asked.person == "邱望舒"
    assert evidence.fits(asked, sentence) == float(role is not None)
    record = hit(sentence)
    candidate = Candidate(record, 0, 0, len(sentence), {}, Span(0, 3, 1.0))
    assert singled_out(asked, candidate, weights("邱望舒是谁？")) == (role or "")
