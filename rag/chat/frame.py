"""What stands around a conversation, as HTML: the head of the page, the welcome, and the page's own sentences."""

from rag.chat.language import Say, chinese


def masthead(say: Say = chinese) -> str:
    """The head of the page."""
    motto = say("只依据文档回答，句句有出处", "Answers from your documents alone, every sentence cited")
    take, out = say("导出对话", "Export"), say("打印", "Print")
    return (
        f'<div class="masthead"><h1>文据</h1><p>{motto}</p>'
        f'<p class="take"><a class="export" href="#export">{take}</a><a class="print" href="#print">{out}</a></p></div>'
    )


def welcome(say: Say = chinese) -> str:
    """What an empty chat says."""
    invited = say("写下一个问题，从文档里找答案。", "Write down a question; the documents are looked through for its answer.")
    hint = say("文档里没有的，会直说没有。", "What they do not say, you are told they do not.")
    return f'<div class="welcome"><p class="seal">据</p><p>{invited}</p><p class="hint">{hint}</p></div>'


def note(say: Say, *said: str) -> str:
    """A sentence of the page's own."""
    return f'<p class="note">{say(*said)}</p>'
