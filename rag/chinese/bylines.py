"""Reads bylines: the persons that a line in brackets, or after 记者, names."""

import re

from rag.chinese.names import is_person

_NAME = re.compile("[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+(?:·[\u4e00-\u9fff]+)+")
_ROLE = re.compile(
    "(?:本报|本刊|本网|本社|新华社|中新社|中新网|人民网|央视|特约|见习|实习|首席)*(?:[\u4e00-\u9fff]{2,5}(?=记者))?"
    "(?:(?:记者|通讯员|实习生|特约撰稿人?|撰稿|作者|撰文)[:：/／ \u3000]*|(?<![\u4e00-\u9fff])文[:：/／ \u3000]+)"
)


def names(text: str) -> list[str]:
    """The persons a byline names, padding and roles left out: "本报记者 韩 松 李小梅" → ["韩松", "李小梅"]; [] where it is no byline.

    A name without a role before it has to begin with a surname, and be no common word: （连载） is not somebody called 连载.
    """
    text = re.sub(r"\s+", " ", text.strip())
    found: list[str] = []
    with_role = False
    while role := _ROLE.match(text):
        with_role = True
        text = text[role.end() :]
        following = _ROLE.search(text)
        part = text[: following.start()] if following else text
        found += _split(part)
        text = text[len(part) :]
    if text:
        found += _split(text)
    if not found or not all(_NAME.fullmatch(name) and (with_role or is_person(name)) for name in found):
        return []
    return found


def _split(text: str) -> list[str]:
    """The names in a list of names; a name of two characters may be set with a space in it."""
    found: list[str] = []
    half = ""
    for part in re.split(r"[\s、，,/／]+", text.strip()):
        if len(part) == 1 and half:
            found[-1] += part
            half = ""
            continue
        if part:
            found.append(part)
        half = part if len(part) == 1 else ""
    return found
