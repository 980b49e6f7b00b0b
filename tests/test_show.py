"""The command line that shows how a file is understood."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag.show import main

PAGE = """8 地方 Regions
修了三年的青龙桥上周通车了。桥
长四百二十米，两岸的村民从此不
用再坐渡船。
渡口停摆遥 摆渡的老杨把船拴在岸
边，自己也走上桥去看了看。他说，
全村有 92豫的人家都来了。
渊杨 帆冤
青龙桥通车 渡船靠岸
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_json_follows_the_contract(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(page), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (document,) = shown["documents"]
    assert (document["title"], document["byline"], document["section"], document["date"]) == (
        "青龙桥通车 渡船靠岸",
        "杨帆",
        "地方 Regions",
        "",
    )
    assert document["passages"] == [
        {
            "number": 1,
            "heading": "",
            "text": "修了三年的青龙桥上周通车了。桥长四百二十米，两岸的村民从此不用再坐渡船。",
            "lines": [2, 4],
            "pages": [],
        },
        {
            "number": 2,
            "heading": "",
            "text": "渡口停摆。摆渡的老杨把船拴在岸边，自己也走上桥去看了看。他说，全村有92%的人家都来了。",
            "lines": [5, 7],
            "pages": [],
        },
    ]
    assert document["repairs"] == [
        {"line": 5, "column": 5, "raw": "遥", "repaired": "。", "kind": "founder"},
        {"line": 7, "column": 7, "raw": "豫", "repaired": "%", "kind": "founder"},
        {"line": 8, "column": 1, "raw": "渊", "repaired": "（", "kind": "founder"},
        {"line": 8, "column": 5, "raw": "冤", "repaired": "）", "kind": "founder"},
    ]


def test_people_read_chinese_labels(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(page)]) == 0
    shown = capsys.readouterr().out
    assert "文档 1：青龙桥通车 渡船靠岸" in shown
    assert "段落 2（第 5–7 行）渡口停摆。" in shown
    assert "第 7 行第 7 字：豫 → %" in shown


def test_errors_are_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.txt"), "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert "ls -l" in printed.err


def test_the_encoding_may_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = tmp_path / "short.txt"
    short.write_bytes("目".encode("gb18030"))
    assert main([str(short)]) == 2
    assert "--encoding gb18030" in capsys.readouterr().err
    assert main([str(short), "--encoding", "gb18030"]) == 0
    assert "段落 1（第 1 行）目" in capsys.readouterr().out


def test_help_loads_no_heavy_library() -> None:
    heavy = "torch transformers sentence_transformers gradio faiss onnxruntime numpy rjieba opencc tantivy"
    program = (
        "import sys\nfrom rag.show import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"sys.exit(' '.join(set('{heavy}'.split()) & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--encoding" in done.stdout


def test_it_runs_as_a_module(page: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "rag.show", str(page), "--json"], capture_output=True, check=True)
    assert json.loads(done.stdout.decode())["documents"][0]["byline"] == "杨帆"


def test_the_raw_lines_against_what_was_made_of_them(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(page), "--diff"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "? 8 地方 Regions",
        "- 修了三年的青龙桥上周通车了。桥",
        "- 长四百二十米，两岸的村民从此不",
        "- 用再坐渡船。",
        "+ 修了三年的青龙桥上周通车了。桥长四百二十米，两岸的村民从此不用再坐渡船。",
        "- 渡口停摆遥 摆渡的老杨把船拴在岸",
        "- 边，自己也走上桥去看了看。他说，",
        "- 全村有 92豫的人家都来了。",
        "+ 渡口停摆。摆渡的老杨把船拴在岸边，自己也走上桥去看了看。他说，全村有92%的人家都来了。",
        "- 渊杨 帆冤",
        "+ 杨帆",
        "  青龙桥通车 渡船靠岸",
    ]


def test_the_layout_may_be_named(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(page), "--layout", "plain", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["documents"]
    assert [passage["text"] for passage in document["passages"]][-3:] == ["全村有 92豫的人家都来了。", "渊杨 帆冤", "青龙桥通车 渡船靠岸"]
    assert document["repairs"] == []
    assert main([str(page), "--layout", "plain", "--diff"]) == 0
    assert "  渊杨 帆冤" in capsys.readouterr().out.splitlines()


def test_the_day_and_what_could_not_be_read_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "通知.txt"
    path.write_text("停航通知\n2023年6月12日\n渡船自下周起停航。\n", encoding="utf-8")
    assert main([str(path)]) == 0
    assert "日期：2023-06-12" in capsys.readouterr().out
