"""What other passages say beside the answer: real articles of two papers, read, found and laid side by side."""

import json
from collections.abc import Iterator

import pytest

from rag.answers import evidence
from rag.answers.question import Kind, parse
from rag.assistant import Assistant
from rag.chinese.names import is_person, person_at
from rag.ingest import ingest

ARTICLES = [
    ("2023-05-02", "松岭水库动工", "松岭水库昨天动工，总投资58亿元，工期四年。"),
    ("2024-03-11", "松岭水库进展", "松岭水库总投资64亿元，目前大坝已浇筑三成。"),
    ("", "松岭水库札记", "松岭水库总投资71亿元，这是听来的。"),
    ("2023-09-01", "荷塘小学开学", "荷塘小学校长钱文远在门口迎接新生。"),
    ("2023-09-03", "荷塘小学食堂", "荷塘小学校长李若兰介绍，食堂用的是当天的菜。"),
    ("2023-09-02", "荷塘大学", "荷塘大学校长周启明出席了典礼。"),
    ("2023-09-04", "荷塘大学论坛", "荷塘大学副校长吴佩珊主持了论坛。"),
    ("2023-01-01", "青坪医院", "青坪医院现有床位320张。"),
    ("2023-01-09", "青坪医院扩建", "青坪医院计划扩建，明年床位将增加到480张。"),
    ("2022-03-31", "柳河渔场", "柳河渔场3月底存栏鱼42万尾。"),
    ("2022-06-30", "柳河渔场夏讯", "柳河渔场6月底存栏鱼57万尾。"),
    ("2023-04-01", "金沙市植树", "金沙市2023年春植树66万亩。"),
    ("2023-04-02", "金沙林场", "金沙市2023年春植树中，南山林场植了51万亩。"),
    ("2021-05-01", "丹霞厂", "丹霞厂现有职工430名。"),
    ("2023-05-01", "丹霞厂改造", "丹霞厂现有职工260名。"),
    ("2023-02-01", "玉泉园区", "玉泉园区2022年产值35亿元。"),
    ("2023-02-03", "玉泉园区盘点", "玉泉园区2022年的产值为350000万元。"),
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("papers")
    rows = [{"id": str(n), "title": title, "date": day, "text": text} for n, (day, title, text) in enumerate(ARTICLES)]
    source = folder / "articles.jsonl"
    source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    assert not ingest([source], folder / "index").failed
    with Assistant.open(folder / "index") as opened:
        yield opened


def test_a_conflict_shows_each_value_with_its_date_the_newest_first_and_each_is_quoted(assistant: Assistant) -> None:
    answer = assistant.answer("松岭水库总投资多少？")
    (conflict,) = answer.conflicts
    shown = ["64亿元（2024年3月11日）", "58亿元（2023年5月2日）", "71亿元（日期不详）"]
    assert sorted(shown, key=conflict.index) == shown
    for citation in answer.citations:
        assert f"[{citation.marker}]" in conflict
        assert citation.quote in answer.text


def test_two_holders_of_one_office_are_a_conflict(assistant: Assistant) -> None:
    (conflict,) = assistant.answer("荷塘小学的校长是谁？").conflicts
    assert conflict.index("李若兰（2023年9月3日）") < conflict.index("钱文远（2023年9月1日）")


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("荷塘大学的校长是谁？", "周启明"),
        ("青坪医院有多少张床位？", "320张"),
        ("柳河渔场存栏多少尾鱼？", "万尾"),
        ("金沙市2023年春植树多少亩？", "66万亩"),
        ("丹霞厂有多少名职工？", "名"),
        ("玉泉园区2022年的产值是多少？", "35"),
    ],
)
def test_what_only_looks_like_a_conflict_is_none(assistant: Assistant, question: str, holds: str) -> None:
    answer = assistant.answer(question)
    assert holds in answer.text
    assert answer.conflicts == ()


def test_what_agrees_in_another_unit_is_cited_too(assistant: Assistant) -> None:
    answer = assistant.answer("玉泉园区2022年的产值是多少？")
    assert len(answer.statements[0].citations) == 2


@pytest.mark.parametrize(
    ("office", "text", "name"),
    [
        ("董事长", "沙河集团董事长孙晓峰表示，今年招工。", "孙晓峰"),
        ("校长", "校长李明说，菜是当天的。", "李明"),
        ("馆长", "沈知微任馆长已有三年。", "沈知微"),
        ("校长", "副校长吴佩珊主持了论坛。", ""),
        ("校长", "校长很忙。", ""),
        ("校长", "校长钱文远和校长李若兰都来了。", ""),
        ("", "校长钱文远来了。", ""),
    ],
)
def test_who_holds_an_office(office: str, text: str, name: str) -> None:
    assert evidence.holder(office, text) == name


def test_a_name_begins_where_it_is_expected() -> None:
    assert person_at("董事长孙晓峰表示", 3) == "孙晓峰"
    assert person_at("董事长", 3) == ""


def test_an_organisation_whose_name_begins_like_a_person_is_asked_for_its_head() -> None:
    assert not is_person("沙河集团的董事长")
    (asked,) = parse("沙河集团的董事长是谁？")
    assert (asked.kind, asked.office) == (Kind.PERSON, "董事长")


def test_how_many_registered_people_is_no_count_of_households() -> None:
    assert parse("云溪镇有多少户籍人口？")[0].unit != "户"
    assert parse("云溪镇有多少户人家？")[0].unit == "户"
