"""The sample collection is read as its articles were written: what is garbled is repaired, and genuine 袁 and 遥 stay."""

from pathlib import Path

import pytest

from rag.assistant import examples
from rag.documents import read
from rag.passages import passages

FOLDER = Path(__file__).resolve().parent.parent / "examples"

ARTICLES = {
    "page-06-industry.txt": [
        ("滩涂之上 临港开出新能源汽车城", "陆知行", 8, ["一座工厂带出一条链", "审批跑在图纸前面"]),
        ("从接电话到练模型 服务外包换了活计", "苏芮", 7, ["学历门槛悄悄抬高", "小城也想分一杯羹"]),
        ("留住一缸热水 澄浦染厂算起绿色账", "孟怀舟", 7, ["三道题怎么解"]),
    ],
    "page-04-livelihood.txt": [
        ("一碗热汤一声铃 柳荫街道照看老人有新招", "许砚", 7, ["饭菜要吃得惯", "夜里也有人应"]),
        ("深夜不熄灯 澜州图书馆新馆迎客", "周亦清", 6, ["书库里的新搭档"]),
        ("三号线开进城北 青石桥少倒一趟车", "罗谨言", 7, ["票价与换乘"]),
    ],
    "page-07-agriculture.txt": [
        ("春茶早开园 岚溪人把农药管在前头", "石青禾", 8, ["一张网管住农药", "年轻人上山来"]),
        ("天上看墒情 禾泽春耕不误农时", "谭牧", 8, ["卫星先看苗", "化肥送到地头"]),
    ],
}


def test_the_default_index_is_built_from_the_pages_and_not_from_their_readme() -> None:
    assert [path.name for path in examples()] == sorted(ARTICLES)


@pytest.mark.parametrize("name", ARTICLES)
def test_a_page_comes_back_as_its_articles(name: str) -> None:
    found = []
    for document in read(FOLDER / name):
        cut = passages(document)
        headings = list(dict.fromkeys(passage.heading for passage in cut if passage.heading))
        found.append((document.title, document.byline, max(passage.number for passage in cut), headings))
    assert found == ARTICLES[name]


@pytest.mark.parametrize(
    ("name", "repairs"), [("page-06-industry.txt", 24), ("page-04-livelihood.txt", 22), ("page-07-agriculture.txt", 0)]
)
def test_every_garbled_mark_is_repaired_and_nothing_else(name: str, repairs: int) -> None:
    documents = read(FOLDER / name)
    assert sum(len(document.repairs) for document in documents) == repairs
    text = "".join(document.text for document in documents)
    assert not set("渊冤豫") & set(text)
    kept = {"page-04-livelihood.txt": ("袁小梅", "遥控器"), "page-07-agriculture.txt": ("袁守田", "遥感")}.get(name, ())
    for word in kept:
        assert word in text
    without = text
    for word in kept:
        without = without.replace(word, "")
    assert not set("袁遥") & set(without)
