"""Questions over several facts and documents, asked of a real index: compared, added up, listed, summed up, put in order of time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answers.extractive import ONE_FIGURE
from rag.answers.overview import LONG, MOST, Overview, Sought, sought
from rag.assistant import Assistant
from rag.ingest import ingest
from rag.records import Answer

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("beyond")
    assert not ingest([ROOT / "benchmarks" / "beyond" / "documents.jsonl"], folder).failed
    with Assistant.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def examples(examples_index: Path) -> Iterator[Assistant]:
    with Assistant.open(examples_index) as opened:
        yield opened


def computed(answer: Answer) -> str:
    """The last statement, which is made of the figures of those before it, and cites each of them."""
    *quoted, last = answer.statements
    assert [s.text for s in quoted] == [s.citations[0].quote for s in quoted]
    assert {c.marker for c in last.citations} == {s.citations[0].marker for s in quoted}
    return last.text


@pytest.mark.parametrize(
    ("question", "short", "text"),
    [
        ("桐岭机械和禾川重工2022年的营业收入哪个高？", "禾川重工2022年", "禾川重工2022年更高：30.7亿元＞21.9亿元。"),
        ("青溪大桥和云台大桥哪座长？", "云台大桥", "云台大桥更长：2430米＞1860米。"),
        ("青溪大桥和云台大桥哪座开工早？", "青溪大桥", "青溪大桥更早：2019年3月早于2021年5月。"),
        ("桐岭机械2021年和2022年的营业收入相差多少？", "3.5亿元", "相差3.5亿元：21.9亿元－18.4亿元＝3.5亿元。"),
        ("石浦县和临澧县2023年水产品总产量一共多少？", "59万吨", "合计59万吨：46.2万吨＋12.8万吨＝59万吨。"),
        (
            "桐岭机械2022年净利润比2021年增长了多少？",
            "3200万元",
            "增加3200万元：1.58亿元－1.26亿元＝3200万元；3200万元÷1.26亿元≈25.4%。",
        ),
    ],
)
def test_what_the_documents_do_not_state_is_computed_from_cited_figures(assistant: Assistant, question: str, short: str, text: str) -> None:
    answer = assistant.answer(question)
    assert (computed(answer), answer.short) == (text, short)


def test_what_a_sentence_states_is_not_computed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "两县茶园\n\n岚溪县有茶园18万亩。\n\n安棠县有茶园11万亩。\n\n岚溪县和安棠县的茶园一共29万亩，占全市的六成。\n", encoding="utf-8"
    )
    ingest([tmp_path / "a.txt"], tmp_path / "index")
    with Assistant.open(tmp_path / "index") as opened:
        answer = opened.answer("岚溪县和安棠县的茶园一共多少亩？")
    assert answer.short == "29万亩"
    assert all(statement.text == statement.citations[0].quote for statement in answer.statements)


def test_a_part_without_an_answer_is_named_and_nothing_is_computed(examples: Assistant) -> None:
    answer = examples.answer("3号线和4号线总投资相差多少？")
    assert "198亿元" in answer.text
    assert "相差" not in answer.text
    assert "4号线" in answer.reason


def test_a_plan_and_a_fact_are_not_added_up(examples: Assistant) -> None:
    answer = examples.answer("柳荫街道和安棠市的助老食堂一共多少家？")
    assert all(figure in answer.text for figure in ("6家", "120家"))
    assert "126" not in answer.text
    assert "计划" in answer.reason


def test_what_is_counted_in_other_units_is_not_compared(examples: Assistant) -> None:
    answer = examples.answer("岚溪县茶园面积和澜州图书馆新馆面积哪个大？")
    assert "单位不同（亩、平方米）" in answer.reason
    assert "更大" not in answer.text


def test_it_refuses_when_no_part_is_answered(examples: Assistant) -> None:
    answer = examples.answer("甲壳虫公司和蜻蜓公司的营业收入相差多少？")
    assert answer.refused
    assert answer.reason


def test_one_figure_that_answers_for_two_things_is_not_set_against_itself(examples: Assistant) -> None:
    answer = examples.answer("新馆藏书比老馆多多少？")
    assert "＝" not in answer.text
    assert ONE_FIGURE in answer.reason


def test_it_streams_to_the_same_answer(assistant: Assistant) -> None:
    question = "青溪大桥和云台大桥哪座长？"
    *_, last = assistant.stream(question)
    assert last.statements == assistant.answer(question).statements


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("总结一下助老食堂的情况", Overview(Sought.SUMMARY, "助老食堂")),
        ("请概括岚溪春茶的主要内容。", Overview(Sought.SUMMARY, "岚溪春茶")),
        ("《三号线开进城北》讲了什么？", Overview(Sought.SUMMARY, "三号线开进城北")),
        ("老码头那篇报道主要写了哪些内容", Overview(Sought.SUMMARY, "老码头")),
        ("结合桐岭机械的年度简报，总结其海外业务", Overview(Sought.SUMMARY, "桐岭机械的年度简报 海外业务")),
        ("老碼頭的時間線", Overview(Sought.TIMELINE, "老码头")),
        ("请按时间顺序梳理青溪大桥的建设", Overview(Sought.TIMELINE, "青溪大桥的建设")),
        ("总结", None),
        ("临港产值?", None),
        ("记者介绍了谁？", None),
        ("说了算的是谁", None),
        ("", None),
    ],
)
def test_what_asks_for_an_overview_and_of_what(question: str, expected: Overview | None) -> None:
    assert sought(question) == expected


def test_a_timeline_is_in_order_of_time_and_each_of_it_is_cited(assistant: Assistant) -> None:
    answer = assistant.answer("老码头的时间线")
    dates = ["1936年", "1994年", "2016年5月"]
    assert sorted(dates, key=answer.text.index) == dates
    assert all(statement.text == statement.citations[0].quote for statement in answer.statements)
    assert len({citation.marker for citation in answer.citations}) == len(answer.statements)


def test_dates_without_a_year_stand_in_that_of_their_document(assistant: Assistant) -> None:
    answer = assistant.answer("桐岭机械的大事记")
    texts = [statement.text for statement in answer.statements]
    assert texts == sorted(texts, key=lambda text: 2022 if "2022年" in text or "7月" in text else 2021)


def test_a_summary_is_of_the_document_that_is_meant_and_in_its_order(assistant: Assistant) -> None:
    answer = assistant.answer("概括石浦县渔业生产的情况")
    assert {citation.document.title for citation in answer.citations} == {"石浦县渔业生产通报"}
    starts = [citation.passage.start + citation.start for citation in answer.citations]
    assert starts == sorted(starts)
    assert len("".join(statement.text for statement in answer.statements)) <= LONG
    assert len(answer.statements) <= MOST


@pytest.mark.parametrize("question", ["总结一下月球基地的建设", "列出火箭发射中心的时间线", "火星移民讲了什么？"])
def test_an_overview_of_what_no_document_is_about_is_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.refused
    assert "没有专门讲" in answer.reason


def test_a_timeline_needs_dates(examples: Assistant) -> None:
    answer = examples.answer("澜州图书馆新馆的时间线")
    assert answer.refused
    assert "日期" in answer.reason


def test_an_empty_index_has_no_overview(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("一句话。\n", encoding="utf-8")
    ingest([tmp_path / "a.txt"], tmp_path / "index")
    (tmp_path / "a.txt").unlink()
    ingest([tmp_path], tmp_path / "index", prune=True)
    with Assistant.open(tmp_path / "index") as opened:
        assert opened.answer("总结一下老码头的情况").refused


def test_a_report_on_one_year_dated_in_the_next_is_about_the_first(assistant: Assistant) -> None:
    answer = assistant.answer("2022年桐岭机械卖出多少台数控机床？")
    assert "5120台" not in answer.text
