"""What the READMEs show is what happens: the two commands, and the answer printed below the first."""

import re
from pathlib import Path

import pytest

from rag import Assistant
from rag.rendering import as_text

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh.md")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_both_readmes_have_the_same_two_commands() -> None:
    english, chinese = (blocks(name, "sh") for name in READMES)
    assert english == chinese
    assert len(english) == 2
    assert 'python -m rag.ask "临港新能源产值?"' in english[0]
    assert "python -m pytest" in english[1]


@pytest.mark.parametrize("name", READMES)
def test_the_answer_shown_is_the_answer_given(name: str, examples_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with Assistant.open(examples_index) as assistant:
        printed = as_text(assistant.answer("临港新能源产值?"))
    (shown,) = blocks(name, "text")
    for line in shown.splitlines():
        assert line.removesuffix("…") in printed


@pytest.mark.parametrize("name", READMES)
def test_every_page_and_picture_it_points_to_is_there(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
