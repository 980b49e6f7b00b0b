"""What rag.chinese says of the language, on sentences of our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.chinese import figures
from rag.chinese.dates import compact_date, dateline, days, iso_date
from rag.chinese.scripts import fold, simplified
from rag.chinese.sentences import clauses, sentences
from rag.chinese.terms import question_terms, terms, words
from rag.chinese.width import narrow


def parts(text: str, ranges: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in ranges]


def test_full_width_and_traditional_forms_fold_to_the_same_text_as_narrow_simplified_ones() -> None:
    assert fold("２０２２年產值達３６％，ＭＯＤＥＬ　Ｙ") == fold("2022年产值达36%,model Y")


@given(st.text())
def test_folding_never_changes_the_length(text: str) -> None:
    assert len(narrow(text)) == len(simplified(text)) == len(fold(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("天晴了。我们走吧！", ["天晴了。", "我们走吧！"]),
        ("“茶好。”老人说。再添水！", ["“茶好。”老人说。", "再添水！"]),
        ("老人说：“茶好。再来一杯。”然后走了。", ["老人说：“茶好。再来一杯。”", "然后走了。"]),
        ("他数了数……一共三只。", ["他数了数……", "一共三只。"]),
        ("没有句号的一行", ["没有句号的一行"]),
        ("（甲。乙。）丙。", ["（甲。乙。）丙。"]),
        ("“没有合上的引号。下一句。", ["“没有合上的引号。", "下一句。"]),
        ("一行。\n另一行", ["一行。", "另一行"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert parts(text, sentences(text)) == expected


@given(st.text(alphabet="甲乙。！“”（）\n ，；a1"))
def test_sentences_and_clauses_lie_in_order_and_leave_out_nothing_but_white_space(text: str) -> None:
    for ranges in (sentences(text), clauses(text)):
        covered = 0
        for start, end in ranges:
            assert covered <= start < end <= len(text)
            assert not text[covered:start].strip()
            covered = end
        assert not text[covered:].strip()


def test_clauses_keep_their_closing_mark_and_stay_inside_the_range() -> None:
    text = "先修路，后通车；再谈票价。"
    assert parts(text, clauses(text, 4)) == ["后通车；", "再谈票价。"]


def test_terms_keep_figures_whole_alone_and_with_their_unit() -> None:
    found = terms("产值达1200亿元，同比增长21.5%，5G基站３６座")
    assert {"1200", "120000000000元", "21.5%", "5g", "36座"} <= set(found)
    assert not {"，", "5", "21"} & set(found)


def test_traditional_and_simplified_questions_have_the_same_terms() -> None:
    assert terms("臨港產值是多少？") == terms("临港产值是多少？")


def test_words_leave_out_marks() -> None:
    assert words("车站，在哪里？") == ["车站", "在", "哪里"]


def test_figures_with_their_units() -> None:
    text = "2022年产值2634亿元，7万多家企业，占比37.5%，约四成，两位员工，600万吨"
    found = [(text[f.start : f.end], f.unit) for f in figures.figures(text)]
    assert found == [
        ("2022年", "年"),
        ("2634亿元", "元"),
        ("7万多家", "家"),
        ("37.5%", "%"),
        ("四成", "成"),
        ("两位", "位"),
        ("600万吨", "吨"),
    ]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("2634亿元", "263400000000元"),
        ("263,400,000,000元", "263400000000元"),
        ("一千二百亿元", "120000000000元"),
        ("二〇二二年", "2022年"),
        ("百分之八点五", "8.5%"),
        ("百分之21.50", "21.5%"),
        ("２１．５％", "21.5%"),
        ("三号", "3号"),
        ("两万余人", "20000人"),
        ("3千米", "3公里"),
        ("1.2万亿", "1200000000000"),
    ],
)
def test_a_figure_has_one_form_however_it_is_written(text: str, normal: str) -> None:
    (figure,) = figures.figures(text)
    assert (text[figure.start : figure.end], figure.normal) == (text, normal)


@pytest.mark.parametrize("text", ["上亿元", "万一", "亿元", "第,条"])
def test_what_is_no_figure_is_passed_over(text: str) -> None:
    assert figures.figures(text) == []


def test_numbers_beside_a_comma_that_parts_no_thousands_stay_apart() -> None:
    assert [figure.normal for figure in figures.figures("2,3号，1,200元，12,34")] == ["2", "3号", "1200元", "12", "34"]


def test_things_that_bear_a_number() -> None:
    for written, number in (
        ("十三号线", 13),
        ("第十三号线", 13),
        ("13号线", 13),
        ("第13号线", 13),
        ("二百一十三号楼", 213),
        ("一〇一号楼", 101),
    ):
        assert list(figures.numbered(f"去{written}看看")) == [(number, f"号{written[-1]}")]
        assert figures.ordinals(written) == {}
    assert figures.numbered("三号线和４号楼，第3号") == {(3, "号线"): "三号线", (4, "号楼"): "４号楼"}


def test_a_question_s_light_words_weigh_little_and_never_nothing() -> None:
    weights = question_terms("临港产值是多少？")
    assert weights["产值"] == 2.0  # a word and a pair
    assert 0 < weights["多少"] < 0.5
    assert weights["是"] < weights["值是"] < 1
    assert question_terms("") == {}
    assert question_terms("產值２６３４亿")["263400000000"] == question_terms("产值2634億")["263400000000"] == 1.0


def test_a_name_that_no_dictionary_has_and_a_typo_still_share_pairs() -> None:
    assert {"郭绍", "绍钧"} <= set(terms("副总工程师郭绍钧说"))
    assert "图书" in set(terms("图书管")) & set(terms("图书馆"))


@pytest.mark.parametrize("text", ["Model Y", "ModelY", "model-y"])
def test_latin_words_are_found_written_together_or_apart(text: str) -> None:
    assert "modely" in terms(text)


def test_years_in_figures_and_in_characters() -> None:
    assert figures.years("二〇二二年到2024年，1998-03-01，编号2031") == {2022, 2024, 1998}


def test_ordinals_and_plans() -> None:
    assert figures.ordinals("第十二届博览会、第3次会议") == {(12, "届"): "第十二届", (3, "次"): "第3次"}
    assert figures.plans("“十四五”期间与十三五时期") == {"十四五", "十三五"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("十二", 12), ("一百零五", 105), ("三亿五千万", 350_000_000), ("二〇二二", 2022), ("甲", None), ("", None)],
)
def test_whole_numbers(text: str, value: int | None) -> None:
    assert figures.whole_number(text) == value


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2023年6月12日", "2023-06-12"),
        ("二〇二三年六月十二日印发", "2023-06-12"),
        ("二○二三年十二月三十一日", "2023-12-31"),
        ("２０２３年 ６月 １２日", "2023-06-12"),
        ("截至2023/6/2止", "2023-06-02"),
        ("2023-06-12T10:22:33", "2023-06-12"),
        ("二零二零年十月一號", "2020-10-01"),
        ("2023年2月30日", ""),
        ("2023年6月", ""),
        ("版本1.2023.6.12", ""),
        ("产值2634亿元", ""),
        ("中華民國112年6月12日", "2023-06-12"),
        ("民国二十三年五月四日", "1934-05-04"),
        ("货号1234/5/6", ""),
        ("地址 2024.1.2.3", ""),
        ("公元前2024年3月5日", ""),
    ],
)
def test_a_day_is_found_however_it_is_written(text: str, iso: str) -> None:
    assert iso_date(text) == iso


def test_days_stand_where_they_say() -> None:
    text = "自2020年1月1日起，至二〇二二年三月五日止"
    assert [text[day.start : day.end] for day in days(text)] == ["2020年1月1日", "二〇二二年三月五日"]


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("2023年6月12日 星期一", "2023-06-12"),
        ("发布时间：2023-06-12 10:20 来源：河湾镇政府网", "2023-06-12"),
        ("（二〇二三年六月十二日）", "2023-06-12"),
        ("2023年6月12日，船厂开了工。", ""),
        ("他在2023年6月12日那天回到镇上", ""),
        ("河湾镇人民政府 2023年6月12日", "2023-06-12"),
        ("2023-06-12 10:20 河湾日报", "2023-06-12"),
        ("韩松 1990年5月6日 河湾", ""),
        ("出生日期：1990年5月6日", ""),
        ("有效期至 2030年1月1日", ""),
        ("自 2021年1月1日 起施行", ""),
        ("河湾中学 2015.09.01 高中", ""),
    ],
)
def test_a_dateline_says_a_day_and_little_else(line: str, iso: str) -> None:
    assert dateline(line) == iso


def test_a_day_in_the_name_of_a_file() -> None:
    assert compact_date("河湾日报20230612_03版") == "2023-06-12"
    assert compact_date("编号20231345") == compact_date("123456789012") == ""
