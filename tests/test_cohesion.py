"""Sections of one article share words, articles that stand one after the other do not."""

from pathlib import Path

from rag.documents import read
from rag.documents.layout.cohesion import beginnings, bigrams
from tests.made_pdf import PARAGRAPHS as STATION
from tests.test_reflow import wrap

YARD = (
    "入冬以后，河湾镇的造船厂反而忙碌起来。老厂长说，今年接到的订单比去年多出一半，工人们分成两班轮流上岗，船台上的灯一直亮到深夜。",
    "厂里最年长的木匠七十一岁，从十六岁开始学艺，亲手做过的渔船超过三百条。如今他每天教五个徒弟，从选料讲起，一道工序也不许省略。",
    "木匠说，船是要下水的，差一点都不行，早年间有人为了省下两斤桐油，结果船走到半路就漏了水，这件事他讲给每个徒弟听。",
)
FAIR = (
    "船厂打算在春天办一个小型展览，把旧船模、老工具和图纸都摆出来，让外地来的游客看看一条木船是怎样造成的，徒弟们轮流讲解。",
    "眼下，造船厂新船的龙骨已经装好，再过四十天就能刷桐油。船主隔三差五跑来看，每次都要围着船台走上好几圈，跟老木匠聊几句。",
    "老厂长估计，明年的订单还会再多，船台要添一座，木匠和徒弟也要多招几个，图纸已经画好了，渔船之外还打算造游船。",
)


def test_what_shares_no_words_begins_anew() -> None:
    assert beginnings(["".join(YARD * 2), "".join(FAIR * 2), "".join(STATION)]) == [0, 2]
    assert beginnings(["".join(STATION), "".join(YARD * 2), "".join(FAIR * 2)]) == [0, 1]


def test_too_little_text_is_no_reason_to_part() -> None:
    assert len(bigrams(FAIR[0])) < 250
    assert beginnings([FAIR[0], STATION[0]]) == [0]
    assert beginnings([]) == [0]


def test_articles_without_bylines_stand_under_their_headlines(tmp_path: Path) -> None:
    lines = ["8 地方"]
    for headline, paragraphs in (("船厂冬天不歇工", YARD * 2), ("旧船模要办展览", FAIR * 2), ("水文站换上新仪器", STATION)):
        lines += [headline, *(line for paragraph in paragraphs for line in wrap(paragraph, 22))]
    (tmp_path / "page.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, second = read(tmp_path / "page.txt")
    assert (first.title, [first.text[h.start : h.end] for h in first.headings]) == ("船厂冬天不歇工", ["旧船模要办展览"])
    assert (second.title, second.text.split("\n")) == ("水文站换上新仪器", list(STATION))
