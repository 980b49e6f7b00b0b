"""Says, in Chinese, why the documents do not answer: what the question asks that they do not have."""

from collections.abc import Mapping, Sequence

from rag.answers import evidence
from rag.answers.question import Question
from rag.answers.selection import Candidate
from rag.chinese.scripts import fold
from rag.chinese.terms import is_known

NOTHING_ASKED = "没有看到问题，请写下想问的内容。"
_LONGEST_WORD = 12
TOO_MANY = "一次问得太多，后面的请分开再问。"
NOTHING_MEETS = "没有符合筛选条件的文档，请放宽条件再问。"
NOTHING_STORED = "索引里还没有任何段落，请先读入文档。"


def reason(question: Question, candidates: Sequence[Candidate], weights: Mapping[str, float], *, whole: bool) -> str:
    """One sentence on why `question` goes unanswered; it quotes the question where that is not the whole of what was asked.

    "文档没有给出2021年的内容，最接近的段落说的是2022年。"
    """
    about = "" if whole else f"关于“{question.asked}”，"
    if candidates and (unmet := candidates[0].unmet):
        names = "、".join(constraint.name for constraint in unmet)
        instead = "、".join(dict.fromkeys(other for constraint in unmet for other in constraint.instead))
        return f"{about}文档没有给出{names}的内容" + (f"，最接近的段落说的是{instead}。" if instead else "。")
    if word := _absent(question, candidates, weights):
        return f"{about}文档里没有找到答案：最接近的段落都没有提到“{word}”。"
    return f"{about}文档里没有找到能回答这个问题的内容。"


def _absent(question: Question, candidates: Sequence[Candidate], weights: Mapping[str, float]) -> str:
    """The rarest word of the question that stands nowhere in what was found, "" where all of them do.

    Only words that a dictionary has, and those in Latin letters or figures: what the segmenter guessed (上建 in 滩涂上建) may be none.
    """
    found = fold("\n".join({c.hit.document.headline + c.hit.passage.heading + c.hit.passage.text for c in candidates}))
    named = [word for word in weights if 1 < len(word) <= _LONGEST_WORD and (word.isascii() or is_known(word))]
    absent = [word for word in named if evidence.held(word, found) < 0.5]
    if not absent:
        return ""
    rarest = max(absent, key=lambda word: weights[word])
    start = question.text.find(rarest)
    return question.asked[start : start + len(rarest)] if start >= 0 else rarest
