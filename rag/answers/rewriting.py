"""Lets a language model make a follow-up whole where the rules of conversation.py leave it: from words of the conversation alone."""

import logging
from collections.abc import Sequence

from rag.answers.claims import content_words
from rag.answers.conversation import LONGEST, REACH
from rag.answers.question import INTERROGATIVE, parse
from rag.answers.references import points_back
from rag.chinese import figures
from rag.chinese.scripts import fold
from rag.errors import ModelError
from rag.models.language import LanguageModel, Message
from rag.records import Turn

_RULES = (
    "把对话里最后一个问题改写成不看前文也能懂的完整问题。只用对话里出现过的词，不回答，不添加信息；本来就完整的，原样写出。只写这一个问题。"
)

_EXAMPLES = (
    ("问：松河大桥多长？\n答：松河大桥全长1240米。\n问：它花了多少钱？", "松河大桥花了多少钱？"),
    ("问：苗岭乡去年春茶产量多少？\n答：产量是310吨。\n问：雨阳镇呢？", "雨阳镇去年春茶产量多少？"),
    ("问：谁写的《渡口》？\n答：周大顺。\n问：市图书馆几点关门？", "市图书馆几点关门？"),
)

_MOST = 64
"""Tokens of a question."""

_LONGEST_ANSWER = 160
"""Characters of what was said that a model is told."""

_FEWEST = 2
"""A question of fewer words that carry meaning leans on what was said."""

log = logging.getLogger(__name__)


def leans(question: str) -> bool:
    """Whether a question seems to lean on what was said before it: it points back, asks with 呢 alone, or names next to nothing."""
    folded = fold(question)
    if points_back(question) or not INTERROGATIVE.search(folded):
        return True
    return len([word for word in content_words(folded, 0, len(folded)) if not INTERROGATIVE.search(word)]) < _FEWEST


def rewritten(question: str, turns: Sequence[Turn], model: LanguageModel) -> str:
    """The question as the model makes it whole from the turns before it, oldest first; as it is where that adds or loses anything."""
    if not turns or len(question) > LONGEST or not leans(question):
        return question
    recent = turns[-REACH:]
    said = "".join(f"问：{turn.question}\n" + (f"答：{turn.answer[:_LONGEST_ANSWER]}\n" if turn.answer else "") for turn in recent)
    examples = [Message(role, text) for pair in _EXAMPLES for role, text in zip(("user", "assistant"), pair, strict=True)]
    messages = [Message("system", _RULES), *examples, Message("user", f"{said}问：{question}")]
    try:
        made = "".join(model.stream(messages, _MOST)).strip().removeprefix("问：").strip()
    except ModelError as error:
        log.warning("%s", error)
        return question
    return made if _is_faithful(made, question, recent) else question


def _is_faithful(made: str, question: str, turns: Sequence[Turn]) -> bool:
    """Whether a question is made of words of the conversation, and keeps all that the follow-up says."""
    if not made or "\n" in made or len(made) > 2 * LONGEST or len(parse(made)) != len(parse(question)):
        return False
    folded, asked = fold(made), fold(question)
    there = fold("\n".join([question, *(part for turn in turns for part in (turn.question, turn.answer))]))
    invented = any(word not in there for word in content_words(folded, 0, len(folded)))
    lost = any(
        word not in folded for word in content_words(asked, 0, len(asked)) if not points_back(word) and not INTERROGATIVE.search(word)
    )
    amounts = {figure.value for figure in figures.figures(folded)} - {figure.value for figure in figures.figures(there)}
    return not (invented or lost or amounts)
