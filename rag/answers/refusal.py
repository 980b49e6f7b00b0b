"""Says, in Chinese, why the documents do not answer: what the question asks that they do not have."""

from dataclasses import replace

from rag.answers import evidence
from rag.answers.question import Kind, is_measure
from rag.answers.selection import Finding
from rag.answers.short import singled_out
from rag.chinese.scripts import fold
from rag.chinese.terms import is_known

NOTHING_ASKED = "没有看到问题，请写下想问的内容。"
TOO_MANY = "一次问得太多，后面的请分开再问。"
NOTHING_MEETS = "没有符合筛选条件的文档，请放宽条件再问。"
NOTHING_STORED = "索引里还没有任何段落，请先读入文档。"
_LONGEST_WORD = 12
"""Characters of the longest word that a refusal names."""


def reason(finding: Finding, *, whole: bool, marker: int) -> str:
    """One sentence on why what `finding` is about goes unanswered; it quotes the question where that is not the whole of what was asked.

    "文档只给出2022年的产值：2634亿元[1]，没有2021年的数据。" `marker` is that of the nearest sentence.
    """
    question = finding.question
    about = "" if whole else f"关于“{question.asked}”，"
    unmet = finding.candidates[0].unmet if finding.candidates else ()
    if unmet:
        names = "、".join(constraint.name for constraint in unmet)
        instead = list(dict.fromkeys(other for constraint in unmet for other in constraint.instead))
        if finding.only_else and len(unmet) == len(instead) == 1 and (short := _short_without(finding)):
            return f"{about}文档只给出{instead[0]}的{_measure(finding)}：{short}[{marker}]，没有{names}的数据。"
        return f"{about}文档没有给出{names}的内容" + (f"，最接近的段落说的是{'、'.join(instead)}。" if instead else "。")
    if word := _absent(finding):
        return f"{about}文档里没有找到答案：最接近的段落都没有提到“{word}”。"
    return f"{about}文档里没有找到能回答这个问题的内容。"


def _short_without(finding: Finding) -> str:
    """What the nearest sentence answers to the question without its year, edition or line."""
    freed = replace(finding.question, years=frozenset(), ordinals={}, numbered={}, plans=frozenset())
    return singled_out(freed, finding.candidates[0], finding.weights)


def _measure(finding: Finding) -> str:
    """What the question asks the figure of, as it names it: 产值; 数据 or 内容 where it names none."""
    if finding.question.kind is Kind.FIGURE:
        focus = evidence.focus(finding.question)
        return focus if is_measure(focus) else "数据"
    return "内容"


def _absent(finding: Finding) -> str:
    """The rarest word of the question that stands nowhere in what was found, "" where all of them do.

    Only words that a dictionary has, and those in Latin letters or figures: what the segmenter guessed (上建 in 滩涂上建) may be none.
    """
    question, weights = finding.question, finding.weights
    found = fold("\n".join({f"{c.hit.headings}\n{c.hit.passage.text}" for c in finding.candidates}))
    named = [word for word in weights if 1 < len(word) <= _LONGEST_WORD and (word.isascii() or is_known(word))]
    absent = [word for word in named if evidence.held(word, found) < 0.5]
    if not absent:
        return ""
    rarest = max(absent, key=lambda word: weights[word])
    start = question.text.find(rarest)
    return question.whole[start : start + len(rarest)] if start >= 0 else rarest
