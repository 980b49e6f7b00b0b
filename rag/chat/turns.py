"""The turns of a conversation: how one grows while it is answered, how they are shown side by side, and how one is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag.chat.frame import note
from rag.chat.history import History, Kept
from rag.chat.html import cards, ending, plain, reply
from rag.chat.language import Say, chinese
from rag.console import log
from rag.errors import RagError
from rag.records import EVERYWHERE, Passage, Where
from rag.records import Turn as Past
from rag.rendering import as_json

if TYPE_CHECKING:
    from rag.assistant import Assistant

WAITING = ("正在查阅文档…", "Looking through the documents…")
STOPPED = ("已停止。", "Stopped.")
SORRY = ("回答时出了错，请稍后再问一次。", "Something went wrong; ask again in a while.")
NONE_CITED = ("这个回答没有引用。", "This answer cites nothing.")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, and the HTML of what is said to it and of the paragraphs cited; `whole` once no more is to come,
    and `waits` as long as nothing is said.

    `past` is what the next questions may follow up; None where the answer was stopped or failed. `answer` is
    the answer by the contract of as_json, for those who keep it; `kept` once nothing of it is left to be seen to.
    """

    question: str
    reply: str
    cards: str = ""
    whole: bool = False
    waits: bool = False
    past: Past | None = None
    answer: dict[str, Any] | None = None
    kept: bool = False


def states(
    assistant: "Assistant",
    question: str,
    turns: Sequence[Turn],
    where: Where = EVERYWHERE,
    say: Say = chinese,
    *,
    judged: bool = False,
) -> Iterator[tuple[Turn, bool]]:
    """The turn after `turns` as it grows, and whether its cards have changed; the first one waits, and an error is said in one sentence."""
    number = len(turns) + 1
    now = Turn(question, f'<p class="waiting">{say(*WAITING)}</p>', waits=True)

    def article(document_id: str) -> Sequence[Passage]:
        try:
            return assistant.passages(document_id)
        except KeyError:  # taken out of the index since it was found
            return ()

    yield now, False
    try:
        answer = None
        for answer in assistant.stream(question, where, [turn.past for turn in turns if turn.past]):
            before, now = now, Turn(question, reply(answer, number, say), cards(answer, number, article, say))
            yield now, now.cards != before.cards
        if answer:
            now = replace(now, reply=now.reply + ending(answer, number, say, judged=judged), past=answer.turn, answer=as_json(answer))
        # A turn without any card has yet to take the place of the cards before it.
        yield replace(now, whole=True), not now.cards
    except Exception as error:  # whatever went wrong, the person who asked reads a sentence, and the log has the rest
        log(error)
        yield Turn(question, note(say, *SORRY), whole=True), True


def stopped(turn: Turn, say: Say = chinese) -> Turn:
    """A turn that no more will come of, with as much as there was of it."""
    return replace(turn, reply=("" if turn.waits else turn.reply) + note(say, *STOPPED), whole=True, waits=False)


def messages(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """The turns as the chat shows them."""
    return [
        message
        for turn in turns
        for message in (
            {"role": "user", "content": f'<div class="question">{plain(turn.question)}</div>'},
            {"role": "assistant", "content": turn.reply},
        )
    ]


def pane(turns: Sequence[Turn], say: Say = chinese) -> str:
    """The cards of every turn as HTML, those of the last one showing."""
    if not any(turn.cards for turn in turns):
        example = '<span class="number">[1]</span>'
        return (
            '<div class="none">'
            + say(
                f"回答里的编号，如 {example}，指向文档的原文。点一下编号，那一段就在这里亮起来。",
                f"The numbers in an answer, such as {example}, lead to what the documents say. Click one, and the paragraph shows here.",
            )
            + "</div>"
        )
    sections = []
    for number, turn in enumerate(turns, start=1):
        hidden = "" if number == len(turns) else " hidden"
        held = turn.cards or f'<div class="none">{say(*NONE_CITED)}</div>'
        sections.append(f'<section id="turn-{number}"{hidden}><div class="asked">{plain(turn.question)}</div>{held}</section>')
    return "".join(sections)


def keep(history: History, user: str, conversation: int | None, turns: Sequence[Turn]) -> int | None:
    """Keep the last turn; the conversation it is kept in. What cannot be kept is on record, and the chat goes on."""
    try:
        return history.keep(user, conversation, [_kept(turn) for turn in turns])
    except RagError as error:
        log(error)
        return conversation


def kept(history: History, user: str, conversation: int) -> list[Turn]:
    """The turns of a conversation of the user's; none where there is no such conversation."""
    return [_turn(one) for one in history.turns(user, conversation)]


def _kept(turn: Turn) -> Kept:
    past = (turn.past.question, turn.past.answer) if turn.past else None
    return Kept(turn.question, turn.reply, turn.cards, past, turn.answer)


def _turn(kept: Kept) -> Turn:
    past = Past(*kept.past) if kept.past else None
    return Turn(kept.question, kept.reply, kept.cards, whole=True, past=past, answer=dict(kept.answer or {}), kept=True)
