"""From readings to an answer: what documents say of themselves, what agrees, what contradicts, what is refused and why.

What the reader says is made up here, so that each case is what it is; tests/test_assistant.py has the real reader.
"""

import re
from dataclasses import replace

import pytest

from rag.answers import about_documents
from rag.answers.extractive import answer
from rag.answers.question import parse
from rag.answers.rereading import READING, reread
from rag.models.reader import Reading, Span
from rag.records import Answer, Document, Hit, Passage

SURELY, HARDLY = 7.0, -7.0


def hit(text: str, *, title: str = "茶讯", byline: str = "", date: str = "", section: str = "", score: float = 0.9) -> Hit:
    document = Document(f"d-{text}", f"{title}.txt", title, text, byline=byline, date=date, section=section)
    return Hit(Passage(f"p-{text}", document.id, 1, "", text, 0, len(text), (1, 1)), document, score, 1, {"vector": 0.9, "terms": 1.0})


def reading(of: Hit, span: str = "", verdict: float = SURELY) -> Reading:
    start = of.passage.text.index(span)
    return Reading(verdict, (Span(start, start + max(1, len(span)), verdict),))


def asked(question: str, *found: tuple[Hit, str, float]) -> Answer:
    read = [(of, reading(of, span, verdict)) for of, span, verdict in found]
    return answer(question, lambda _: read, lambda _: 1.0, lambda _: [of.passage for of, _, _ in found])


def test_the_span_that_was_read_is_the_short_answer_and_its_sentence_the_statement() -> None:
    text = "茶厂建于山下。去年岭下茶厂的产值达到3200万元，比前年多两成。工人很满意。"
    said = asked("岭下茶厂去年产值是多少？", (hit(text), "3200万元", SURELY))
    assert said.short == "3200万元"
    assert [statement.text for statement in said.statements] == ["去年岭下茶厂的产值达到3200万元，比前年多两成。"]


@pytest.mark.parametrize(
    ("question", "span", "short"),
    [
        ("茶厂去年产值是多少？", "3200万", "近3200万元"),
        ("茶厂去年产值是多少？", "3200万元", "近3200万元"),
        ("茶厂什么时候扩建的？", "4月6日", "2023年4月6日"),
        ("茶厂在哪里？", "山下", "山下"),
    ],
)
def test_the_short_answer_is_whole_as_it_is_printed(question: str, span: str, short: str) -> None:
    text = "坐落在山下的茶厂2023年4月6日扩建，去年产值近3200万元。"
    assert asked(question, (hit(text), span, SURELY)).short == short


def test_a_passage_that_the_reader_rejects_is_no_answer() -> None:
    said = asked("岭下茶厂去年产值是多少？", (hit("岭下茶厂去年请了新的会计。"), "", HARDLY))
    assert said.refused
    assert said.nearest


def test_another_year_is_refused_with_the_figure_that_is_documented() -> None:
    said = asked("岭下茶厂2021年产值是多少？", (hit("2022年岭下茶厂的产值达到3200万元。"), "3200万元", SURELY))
    assert said.refused
    assert said.reason == "文档只给出2022年的产值：3200万元[1]，没有2021年的数据。"
    assert [citation.quote for citation in said.nearest] == ["2022年岭下茶厂的产值达到3200万元。"]


def test_another_measure_of_the_year_asked_for_is_not_the_one_asked_for() -> None:
    worth, spent = hit("2022年岭下茶厂的产值达到3200万元。"), hit("2021年5月，岭下茶厂扩建，总投资超160万元。")
    said = asked("岭下茶厂2021年产值是多少？", (spent, "超160万元", 0.0), (worth, "3200万元", -2.0))
    assert said.reason == "文档只给出2022年的产值：3200万元[1]，没有2021年的数据。"
    said = asked("岭下茶厂2021年总投资是多少？", (spent, "超160万元", 3.0), (worth, "3200万元", -2.0))
    assert said.short == "超160万元"


def test_a_passage_that_says_the_same_is_cited_too_and_strengthens() -> None:
    first = (hit("去年岭下茶厂的产值达到3200万元。"), "3200万元", SURELY)
    second = (hit("镇里的岭下茶厂去年产值是3200万元，创下纪录。", title="年报"), "3200万元", SURELY)
    alone, both = asked("岭下茶厂去年产值是多少？", first), asked("岭下茶厂去年产值是多少？", first, second)
    assert [[c.marker for c in statement.citations] for statement in both.statements] == [[1, 2]]
    assert "3200万元" in both.citations[1].quote
    assert both.support > alone.support
    assert both.conflicts == ()


def test_a_passage_that_says_another_figure_is_shown_as_a_conflict() -> None:
    first = (hit("去年岭下茶厂的产值达到3200万元。"), "3200万元", SURELY)
    second = (hit("岭下茶厂去年产值是2800万元。", title="年报"), "2800万元", SURELY)
    said = asked("岭下茶厂去年产值是多少？", first, second)
    assert [statement.text for statement in said.statements] == ["去年岭下茶厂的产值达到3200万元。", "岭下茶厂去年产值是2800万元。"]
    assert said.conflicts == ("各处说法不一：3200万元[1]，2800万元[2]。",)


@pytest.mark.parametrize(
    ("other", "cited"),
    [
        ("年底岭下茶厂有职工280人，去年产值为3200万元。", 2),
        ("去年岭下茶厂产值3200万元。", 1),
        ("去年岭下茶厂的产值达到3200万元，年底有职工310人。", 1),
    ],
)
def test_what_agrees_is_cited_where_it_carries_all_that_is_said(other: str, cited: int) -> None:
    first = (hit("去年岭下茶厂的产值达到3200万元，年底有职工280人。"), "3200万元", SURELY)
    second = (hit(other, title="年报"), "3200万元", SURELY)
    said = asked("岭下茶厂去年产值是多少？", first, second)
    assert len(said.statements[0].citations) == cited
    assert said.support > asked("岭下茶厂去年产值是多少？", first).support


@pytest.mark.parametrize(
    ("question", "one", "other", "same"),
    [
        ("茶农每亩补贴多少元？", "每亩补贴茶农15元。", "每亩补贴茶农5元。", False),
        ("茶会哪天开？", "茶会1月2日开。", "茶会11月2日开。", False),
        ("茶厂哪年建成？", "茶厂1958年建成。", "茶厂1962年建成。", False),
        ("茶厂哪天建成？", "茶厂2023年4月6日建成。", "茶厂4月6日建成。", True),
        ("茶厂产值多少？", "茶厂产值近3200万元。", "茶厂产值3186万元。", True),
        ("茶厂出口占比多少？", "茶厂出口占比三成。", "茶厂出口占比30%。", True),
        ("茶叶一斤卖多少钱？", "茶叶一斤卖30元。", "茶叶一斤卖50块。", False),
    ],
)
def test_figures_and_days_are_compared_by_what_they_mean(question: str, one: str, other: str, *, same: bool) -> None:
    first, second = (hit(one), figure(one), SURELY), (hit(other, title="年报"), figure(other), SURELY)
    said = asked(question, first, second)
    assert bool(said.conflicts) is not same
    alone = asked(question, first)
    assert (said.support > alone.support) is same


def figure(text: str) -> str:
    found = re.search("[近]?[0-9三]+(?:元|块|万元|成|%|年[0-9]+月[0-9]+日|月[0-9]+日|年)", text)
    assert found is not None
    return found[0]


def test_a_year_within_the_span_is_not_the_figure() -> None:
    first = (hit("岭下茶厂2022年的3200万元产值创下纪录。"), "2022年的3200万元", SURELY)
    second = (hit("岭下茶厂2022年的2800万元产值不算少。", title="年报"), "2022年的2800万元", SURELY)
    assert asked("岭下茶厂2022年产值是多少？", first, second).conflicts


def test_a_citation_is_of_the_document_that_is_meant_even_where_its_passages_are_gone() -> None:
    other = hit("洋山港吞吐量创新高。", title="洋山港")
    read = [(other, reading(other, "")), (BY_CHEN, reading(BY_CHEN, ""))]
    (citation,) = answer("《春茶上市》的作者是谁？", lambda _: read, lambda _: 1.0, lambda _: []).citations
    assert citation.passage.document_id == citation.document.id


def test_short_answers_stand_in_the_order_of_the_question() -> None:
    fare = hit("三号线票价3元。", title="地铁")
    assert asked("《春茶上市》的作者是谁，三号线票价多少？", (fare, "3元", SURELY), (BY_CHEN, "", HARDLY)).short == "本报记者 陈小禾；3元"


def test_of_several_that_contradict_each_value_is_shown_once() -> None:
    first = (hit("去年岭下茶厂的产值达到3200万元。"), "3200万元", SURELY)
    others = [(hit(f"岭下茶厂去年产值是2800万元{end}"), "2800万元", SURELY) for end in ("。", "，不多。")]
    said = asked("岭下茶厂去年产值是多少？", first, *others)
    assert said.conflicts == ("各处说法不一：3200万元[1]，2800万元[2]。",)
    assert len(said.statements) == 2


def test_two_figures_of_one_document_are_both_quoted_and_no_conflict() -> None:
    town = hit("全镇的茶厂去年产值是3200万元。")
    village = replace(hit("村里的茶厂去年产值是280万元。"), document=town.document)
    said = asked("茶厂去年产值是多少？", (town, "3200万元", SURELY), (village, "280万元", SURELY))
    assert said.conflicts == ()
    assert [statement.text for statement in said.statements] == [town.passage.text, village.passage.text]


def test_a_conflict_in_a_long_sentence_keeps_its_marker() -> None:
    long = f"{'这家厂子的历史很长，' * 14}去年岭下茶厂的产值达到3200万元。"
    said = asked("岭下茶厂去年产值是多少？", (hit(long), "3200万元", SURELY), (hit("岭下茶厂去年产值是2800万元。"), "2800万元", SURELY))
    assert said.conflicts == ("各处说法不一：3200万元[1]，2800万元[2]。",)
    assert all(len(statement.text) <= 130 for statement in said.statements)


def test_the_year_asked_for_is_found_beside_another() -> None:
    both = hit("2022年岭下茶厂的产值达到3200万元。2021年产值是2800万元。")
    said = answer(
        "岭下茶厂2021年产值是多少？",
        lambda _: [(both, Reading(SURELY, (Span(14, 20, 2.0), Span(29, 35, 1.5))))],
        lambda _: 1.0,
        lambda _: [],
    )
    assert said.short == "2800万元"
    assert "没有2021年" not in said.reason


def test_two_years_asked_for_are_answered_each() -> None:
    both = hit("2022年岭下茶厂的产值达到3200万元。2021年岭下茶厂的产值是2800万元。")
    reading = Reading(SURELY, (Span(14, 20, SURELY), Span(34, 40, SURELY)))
    said = answer("岭下茶厂2021年和2022年的产值分别是多少？", lambda _: [(both, reading)], lambda _: 1.0, lambda _: [])
    assert said.short == "2800万元；3200万元"


def test_a_missing_part_that_gives_a_figure_cites_it() -> None:
    fare, worth = hit("三号线票价3元。", title="地铁"), hit("2022年岭下茶厂的产值达到3200万元。")
    read = {"三号线票价多少": (fare, reading(fare, "3元")), "岭下茶厂2021年产值是多少": (worth, reading(worth, "3200万元"))}
    said = answer("三号线票价多少？岭下茶厂2021年产值是多少？", lambda part: [read[part]], lambda _: 1.0, lambda _: [])
    assert "3200万元[2]" in said.reason
    assert [citation.marker for citation in said.citations] == [1, 2]


def test_a_passage_without_a_sentence_is_refused() -> None:
    blank = hit(" ")
    said = answer("产值多少？", lambda _: [(blank, Reading(SURELY, ()))], lambda _: 1.0, lambda _: [])
    assert said.refused
    assert said.nearest == ()


@pytest.mark.parametrize(
    "other",
    [
        "2020年岭下茶厂的产值是2800万元。",  # another year
        "2022年岭下茶厂从2800万元起步，产值达到3200万元。",  # holds the same figure
        "2022年上岙茶厂的纯利是2800万元。",  # of something else
    ],
)
def test_what_is_of_another_year_or_thing_is_no_conflict(other: str) -> None:
    first = (hit("2022年岭下茶厂的产值达到3200万元。"), "3200万元", SURELY)
    assert asked("岭下茶厂产值是多少？", first, (hit(other, title="年报"), "2800万元", SURELY)).conflicts == ()


BY_CHEN = hit("今年的春茶比往年早了五天。", title="春茶上市", byline="本报记者 陈小禾", date="2023-04-06", section="06 产经")


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("春茶上市那篇报道的记者是谁？", "本报记者 陈小禾"),
        ("春茶那篇文章是谁写的", "本报记者 陈小禾"),
        ("《春茶上市》的作者是谁？", "本报记者 陈小禾"),
        ("春茶上市这篇报道是什么时候发表的？", "2023-04-06"),
        ("关于春茶的新闻刊登日期", "2023-04-06"),
        ("春茶那篇报道登在哪个版？", "06 产经"),
        ("本文作者是谁？", "本报记者 陈小禾"),
        ("《春茶上市》是哪位记者写的？", "本报记者 陈小禾"),
        ("该报道是什么时间刊发的？", "2023-04-06"),
        ("春茶的通讯是谁采写的？", "本报记者 陈小禾"),
        ("谁写了《春茶上市》？", "本报记者 陈小禾"),
        ("哪位记者采写的《春茶上市》这篇报道？", "本报记者 陈小禾"),
    ],
)
def test_what_is_asked_of_a_document_is_answered_from_its_own_data(question: str, short: str) -> None:
    said = asked(question, (BY_CHEN, "", HARDLY))
    assert not said.refused
    assert said.short == short
    assert short in said.text
    assert said.citations[0].document.title == "春茶上市"
    assert said.question == question


@pytest.mark.parametrize(
    "question",
    [
        "《岚溪茶经》的作者是谁？",
        "《春茶》的作者是谁？",
        "《春茶上市》中提到的《茶经》的作者是谁？",
        "最早报道灾情的记者是谁？",
        "谁写了这首歌？",
        "谁写了《茶经》？",
        "茶会什么时候举行？",
        "补贴政策的通知什么时候发布？",
        "新闻发布会什么时候发布消息？",
        "央视新闻的记者是谁？",
        "县政府的补贴通知是什么时候发布的？",
        "公告说股票在哪个板块？",
        "获奖的那篇文章是谁写的？",
        "火星探测那篇报道的记者是谁？",
    ],
)
def test_what_documents_say_is_not_taken_for_what_they_are(question: str) -> None:
    prized = hit(
        "今年的春茶比往年早了五天。获奖的文章出自周明之手。", title="春茶上市", byline="陈小禾", date="2023-04-06", section="06 产经"
    )
    assert about_documents.told(parse(question)[0], [prized], lambda _: 1.0, lambda _: []) is None


def test_this_document_is_the_one_that_there_is() -> None:
    one, another = BY_CHEN, hit("今年的夏茶晚了。", title="夏茶上市", byline="王五", date="2023-07-01")
    assert asked("这篇文章的作者是谁？", (one, "", HARDLY)).short == "本报记者 陈小禾"
    assert asked("这篇文章的作者是谁？", (one, "", HARDLY), (another, "", HARDLY)).short == ""


def test_a_document_may_be_called_by_a_line_of_its_headline() -> None:
    lined = hit("今年的春茶比往年早了五天。", title="春茶上市 茶农增收", byline="陈小禾")
    assert asked("《春茶上市》是谁写的？", (lined, "", HARDLY)).short == "陈小禾"
    assert about_documents.told(parse("《春茶》是谁写的？")[0], [lined], lambda _: 1.0, lambda _: []) is None
    same = hit("去年的春茶晚了。", title="春茶上市 茶农歇业", byline="王五")
    assert about_documents.told(parse("《春茶上市》是谁写的？")[0], [lined, same], lambda _: 1.0, lambda _: []) is None


def test_a_document_that_tells_nothing_is_refused() -> None:
    unsigned = asked("春茶那篇报道的记者是谁？", (hit("今年的春茶比往年早了五天。", title="春茶上市"), "", HARDLY))
    assert unsigned.refused
    assert unsigned.reason == "《春茶上市》没有注明作者。"
    assert unsigned.nearest


def test_a_byline_is_cited_where_it_stands() -> None:
    text = "本报记者从县农业局获悉，春茶早了五天。陈小禾在茶山上采访。"
    signed = hit(text, title="春茶上市", byline="记者 陈小禾 通讯员 王小五")
    assert asked("春茶那篇报道的记者是谁？", (signed, "", HARDLY)).citations[0].quote == "陈小禾在茶山上采访。"


def test_parts_about_documents_and_about_what_they_say_are_answered_together() -> None:
    said = asked("《春茶上市》的作者是谁，什么时候发表的？", (BY_CHEN, "", HARDLY))
    assert said.short == "本报记者 陈小禾；2023-04-06"
    assert [[c.marker for c in statement.citations] for statement in said.statements] == [[1], [2]]


def test_hits_that_are_read_stand_in_the_order_in_which_they_answer() -> None:
    first, second, third = hit("一", score=0.9), hit("二", score=0.89), hit("三", score=0.88)
    ranked = reread([first, second, third], [Reading(HARDLY, ()), Reading(SURELY, ())])
    assert [one.passage.text for one, _ in ranked] == ["二", "一", "三"]
    assert [one.rank for one, _ in ranked] == [1, 2, 3]
    assert [one.score for one, _ in ranked] == sorted((one.score for one, _ in ranked), reverse=True)
    assert all(0 <= one.score <= 1 for one, _ in ranked)
    assert [READING in one.parts for one, _ in ranked] == [True, True, False]
    assert reread([], []) == []


def test_a_question_in_a_document_is_no_answer() -> None:
    answer = asked("岭下茶厂的厂长是谁？", (hit("岭下茶厂的厂长是谁？厂长是沈知微。"), "沈知微", SURELY))
    assert answer.short == "沈知微"
    assert answer.statements[0].text.endswith("厂长是沈知微。")
    assert asked("岭下茶厂的厂长是谁？", (hit("岭下茶厂的厂长是谁？"), "岭下茶厂的厂长", SURELY)).refused


@pytest.mark.parametrize(("question", "short"), [("全市有几家茶馆？", "86家"), ("全市计划有几家茶馆？", "120家")])
def test_a_fact_goes_before_a_plan_unless_that_is_asked_for(question: str, short: str) -> None:
    plan = (hit("全市计划在2030年把茶馆增加到120家，家家有评弹。"), "120家", SURELY)
    fact = (hit("全市现在有茶馆86家，多数在老城。", title="年报"), "86家", SURELY - 0.5)
    assert asked(question, plan, fact).short == short
