"""The assistant on the examples: verbatim statements, true citations, parts of a question, refusals; with the real model pack."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rag import Assistant
from rag.assistant import examples
from rag.errors import IndexMissing
from rag.ingest import ingest
from rag.records import Answer, Turn, Where


@pytest.fixture(scope="module")
def assistant(examples_index: Path) -> Iterator[Assistant]:
    with Assistant.open(examples_index) as assistant:
        yield assistant


QUESTIONS = {
    "2022年临港智能新能源汽车产值是多少？": "2634亿元",
    "云湛公司的客户主要来自哪些国家？": "日本、德国和新加坡",
    "80岁以上的老人每餐补贴多少钱？": "5元",
    "在火车东站可以换乘什么？": "2号线和高铁",
    "禾泽农商银行“春耕贷”的年利率是多少？": "3.45%",
    "臨港產值多少": "2634亿元",
    "特斯拉上海工廠2022年交付多少輛車？": "71万辆",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_figure_or_the_words_asked_for_are_in_the_answer(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert not answer.refused
    assert QUESTIONS[question] in answer.text


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_statement_stands_verbatim_in_the_passage_that_it_cites(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.statements
    for statement in answer.statements:
        assert statement.citations
        for citation in statement.citations:
            assert citation.passage.text[citation.start : citation.end] == citation.quote == statement.text
            assert citation.document.text[citation.passage.start : citation.passage.end] == citation.passage.text
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    assert answer.short in answer.text


@pytest.mark.parametrize(
    "question",
    ["2021年临港智能新能源汽车产值是多少？", "岚溪县2022年产干茶多少吨？", "澜州地铁4号线全长多少公里？", "火星上有水吗", "asdf"],
)
def test_what_the_documents_do_not_say_is_refused_with_a_reason_and_no_statement(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.refused
    assert answer.statements == ()
    assert answer.reason.endswith("。")
    assert answer.nearest


def test_a_reason_names_no_word_that_was_cut_wrongly(assistant: Assistant) -> None:
    """ "滩涂上建汽车城" is cut into 滩涂 上建 汽车城."""
    answer = assistant.answer("为什么要在滩涂上建汽车城")
    assert answer.refused
    assert "上建" not in answer.reason
    assert "“香蕉”" in assistant.answer("香蕉飞船吃几个月亮").reason


def test_another_year_is_named_with_the_one_that_is_documented(assistant: Assistant) -> None:
    assert assistant.answer("岚溪县2022年产干茶多少吨？").reason == "文档只给出2023年的数据：9200吨[1]，没有2022年的数据。"


def test_another_line_is_named_with_the_one_that_is_documented(assistant: Assistant) -> None:
    assert assistant.answer("澜州地铁4号线全长多少公里？").reason.startswith("文档没有给出4号线的内容，最接近的段落说的是")


def test_only_the_documents_that_meet_a_filter_are_asked(assistant: Assistant) -> None:
    assert assistant.answer("临港新能源产值?", Where(source="page-06*")).short == "2634亿元"
    refused = assistant.answer("临港新能源产值?", Where(source="page-04*"))
    assert refused.refused
    assert {hit.document.source.rpartition("/")[2] for hit in refused.hits} == {"page-04-livelihood.txt"}
    nothing = assistant.answer("临港新能源产值?", Where(title="没有这个标题"))
    assert nothing.reason == "没有符合筛选条件的文档，请放宽条件再问。"
    assert nothing.hits == ()


def test_the_neighbours_of_a_hit_are_the_paragraphs_beside_it(assistant: Assistant) -> None:
    hit = assistant.search("临港新能源产值?", limit=1)[0]
    before, after = assistant.neighbours(hit.passage, 2)
    passages = assistant.passages(hit.document.id)
    place = [passage.id for passage in passages].index(hit.passage.id)
    assert [*before, hit.passage, *after] == passages[max(0, place - 2) : place + 3]
    assert assistant.neighbours(passages[0])[0] == assistant.neighbours(passages[-1])[1] == []


def test_a_passage_whose_document_is_gone_has_no_neighbours(assistant: Assistant) -> None:
    hit = assistant.search("临港新能源产值?", limit=1)[0]
    assert assistant.neighbours(replace(hit.passage, document_id="gone")) == ([], [])


def test_a_question_of_two_parts_is_answered_in_both(assistant: Assistant) -> None:
    text = assistant.answer("特斯拉上海工厂2022年交付多少辆车？禾泽农商银行“春耕贷”的年利率是多少？").text
    assert "71万辆" in text
    assert "3.45%" in text


def test_a_follow_up_is_answered_as_the_whole_question_and_says_how_it_was_understood(assistant: Assistant) -> None:
    first = assistant.answer("棉舟纺织厂的余热回收装置投资多少？")
    answer = assistant.answer("什么时候投运的？", history=[first.turn])
    assert answer.question == "什么时候投运的？"
    assert answer.understood == "棉舟纺织厂的余热回收装置什么时候投运的？"
    assert answer.text == assistant.answer(answer.understood).text
    assert "2022年10月" in answer.text
    assert answer.turn == Turn(answer.understood, "".join(statement.text for statement in answer.statements))
    grown = list(assistant.stream("什么时候投运的？", history=[first.turn]))
    assert {part.understood for part in grown} == {answer.understood}


def test_a_follow_up_of_a_refusal_is_understood_too_and_refused_like_the_whole_question(assistant: Assistant) -> None:
    first = assistant.answer("2022年临港智能新能源汽车产值是多少？")
    refused = assistant.answer("那2021年呢？", history=[first.turn])
    assert refused.refused
    assert refused.turn == Turn("2021年临港智能新能源汽车产值是多少？", "")
    again = assistant.answer("2022年呢？", history=[first.turn, refused.turn])
    assert again.short == "2634亿元"


def test_a_whole_question_is_not_understood_otherwise_and_the_history_is_not_kept(assistant: Assistant) -> None:
    history = [assistant.answer("澜州市图书馆新馆在哪里？").turn]
    assert assistant.answer("临港新能源产值?", history=history).understood == ""
    assert assistant.answer("建筑面积呢？").understood == ""
    assert len(history) == 1


def test_the_part_without_an_answer_is_named(assistant: Assistant) -> None:
    answer = assistant.answer("禾泽农商银行“春耕贷”的年利率是多少？火星上有多少只企鹅？")
    assert "3.45%" in answer.text
    assert "火星" in answer.reason
    assert not answer.refused


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_short(assistant: Assistant, question: str) -> None:
    assert len(assistant.answer(question).text) <= 130


def test_a_stream_grows_and_ends_as_the_answer(assistant: Assistant) -> None:
    states = list(assistant.stream("临港新能源产值?"))
    assert len(states) > 1
    assert [len(state.text) for state in states] == sorted(len(state.text) for state in states)
    assert states[-1].text == assistant.answer("临港新能源产值?").text


def test_many_threads_get_the_same_answers(assistant: Assistant) -> None:
    questions = list(QUESTIONS)[:4] * 3
    with ThreadPoolExecutor(6) as pool:
        answers: list[Answer] = list(pool.map(assistant.answer, questions))
    assert [answer.text for answer in answers] == [assistant.answer(question).text for question in questions]


def test_a_default_index_whose_making_was_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.assistant.default_index", lambda: tmp_path)
    ingest(examples()[:1], tmp_path)
    (tmp_path / ".setting-up").touch()
    with Assistant.open(tmp_path) as assistant:
        assert {Path(document.source).name for document in assistant.documents()} == {path.name for path in examples()}
    assert not (tmp_path / ".setting-up").exists()


def test_ones_own_documents_are_left_alone_even_where_the_examples_were_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    monkeypatch.setattr("rag.assistant.default_index", lambda: index)
    (tmp_path / "own.txt").write_text("我的笔记\n今年岭下茶厂炒制新茶860公斤。\n", encoding="utf-8")
    ingest([tmp_path / "own.txt"], index)
    (index / ".setting-up").touch()
    with Assistant.open(index) as assistant:
        assert [Path(document.source).name for document in assistant.documents()] == ["own.txt"]
    assert not (index / ".setting-up").exists()


def test_documents_of_ones_own_in_the_default_index_are_not_joined_by_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.assistant.default_index", lambda: tmp_path)
    ingest(examples()[:1], tmp_path)
    with Assistant.open(tmp_path) as assistant:
        assert len({document.source for document in assistant.documents()}) == 1


def test_an_index_that_is_not_there_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"python -m rag\.ingest"):
        Assistant.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "question", ["临港新能源产值是多少呢" * 900, "临港产值？春耕贷利率？" * 900, "第" + "9" * 5000 + "届茶会", "a" * 10_000]
)
def test_a_very_long_question_is_answered_or_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.hits
    assert len(answer.reason) < 300


def test_a_question_that_asks_too_much_is_answered_in_part_and_says_so(assistant: Assistant) -> None:
    answer = assistant.answer("临港产值多少？春耕贷的年利率是多少？三号线设几座车站？火星上有水吗？木星上有水吗？")
    assert not answer.refused
    assert "分开再问" in answer.reason


def test_stray_halves_of_characters_do_no_harm(assistant: Assistant) -> None:
    assert "2634亿元" in assistant.answer("临港新能源产值\udce4\udcb8").text


def test_parts_with_long_sentences_each_have_their_share_and_no_clause_is_torn(tmp_path: Path) -> None:
    figures = {"茶叶": "1234公斤", "蚕丝": "5678公斤", "蜂蜜": "4320公斤"}
    filler = "，".join(f"镇里的{craft}师傅年年都要带上几名徒弟" for craft in ("木工", "铁匠", "竹编", "陶艺", "印染", "酿酒"))
    page = "三样土产\n" + "\n".join(f"据岭下镇统计，去年全镇{thing}产量是{figure}，{filler}。" for thing, figure in figures.items()) + "\n"
    (tmp_path / "page.txt").write_text(page, encoding="utf-8")
    ingest([tmp_path / "page.txt"], tmp_path / "index")
    with Assistant.open(tmp_path / "index") as assistant:
        answer = assistant.answer("岭下镇去年茶叶产量是多少？岭下镇去年蚕丝产量是多少？岭下镇去年蜂蜜产量是多少？")
    assert all(figure in answer.text for figure in figures.values())
    assert all(statement.text.endswith(("，", "。")) for statement in answer.statements)
    assert len("".join(statement.text for statement in answer.statements)) <= 260


def test_stray_halves_of_characters_in_a_conversation_harm_nothing(assistant: Assistant) -> None:
    history = [Turn("临港2022年新能源汽车产值是多少？\ud800", "2634亿元\udfff")]
    assert assistant.answer("那2021年呢？", history=history).refused


@pytest.mark.parametrize(("question", "short"), [("谁是馆长？", "沈知微"), ("新馆的馆长是谁？", "沈知微")])
def test_a_person_is_named_without_what_stands_beside_the_name(assistant: Assistant, question: str, short: str) -> None:
    assert assistant.answer(question).short == short


def test_money_is_answered_with_money_or_not_at_all(assistant: Assistant) -> None:
    answer = assistant.answer("坐3号线多少钱？")
    assert answer.refused or "元" in answer.text
