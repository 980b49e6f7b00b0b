"""The languages that the page speaks around the answers: Chinese, and English to a browser that would rather have that."""

import json
from collections.abc import Callable

Say = Callable[[str, str], str]
"""Chooses between what is said in Chinese and in English."""


def chinese(said: str, english: str) -> str:  # noqa: ARG001
    """What is said in Chinese."""
    return said


def english(said: str, english: str) -> str:  # noqa: ARG001
    """What is said in English."""
    return english


def preferred(accept_language: str) -> Say:
    """The language of a browser by its Accept-Language header: English only where what it wants first is another than Chinese."""
    first = accept_language.split(",")[0].strip().lower()
    return chinese if not first or first == "*" or first.startswith("zh") else english


LABELS = {
    "发送": "Send",
    "停止": "Stop",
    "新对话": "New",
    "问题": "Question",
    "向文档提问": "Ask the documents",
    "筛选文档": "Filter documents",
    "文件": "File",
    "文件名或文件夹": "name or folder",
    "标题": "Title",
    "标题里的字": "words of the title",
    "栏目": "Section",
    "版面或栏目": "page or section",
    "起始": "From",
    "如 2023-06": "e.g. 2023-06",
    "截止": "Until",
    "如 2023-06-30": "e.g. 2023-06-30",
    "引用": "Citations",
    "文档": "Documents",
    "历史": "History",
    "文档集": "Collection",
    "新文档集": "New collection",
    "起个名字，如 县志": "a name for it",
    "新建": "Make",
    "放进文档集的文件": "Files for the collection",
    "按名字找": "Find by name",
    "文件名或文件夹里的字": "part of a name or folder",
}
"""What Gradio's own components are labelled with, in Chinese, and the same in English; the browser chooses."""

CODES = ("zh-CN", "zh-TW")
"""The names that Gradio knows Chinese by; the page's script gives a browser with another one of them."""


def label(chinese: str) -> str:
    """A label of LABELS as Gradio wants it, who then asks the browser for its language; KeyError for one that is not there."""
    if chinese not in LABELS:
        raise KeyError(chinese)
    return "__i18n__" + json.dumps({"__type__": "translation_metadata", "key": chinese})
