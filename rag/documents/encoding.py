"""Turns the bytes of a text file into text: UTF-8, UTF-16, GB18030 (with GBK and GB2312) and Big5, told apart by evidence.

Between the two Chinese families there is no mark to go by, and nearly any run of one reads as some run of the other; what tells
them apart is that the wrong reading is made of characters that nobody writes. Where that evidence is thin, nothing is guessed.
"""

import codecs
import re

from rag.chinese.width import is_han
from rag.errors import DocumentError

_FREQUENT = frozenset(
    "的年人在为一中有国是日某于月大和以公被行上后告时地了出不成部发会作本生用法定其个方学与区及民分理经同业家事工到主市元名等对合下他之原"
    "动当由并司机第保可员长自开者关来安文新所期进体多物至海任院车前政子金现要务内西全位场通应三将加间实高电过斯建利东得南而明产或台证小设"
    "二能路道管代北外提因水天这面入山最化重资向品制处交球系美立王也特计此教度军门款约查亚次称平赛正数据队表性使相种马里该运线规目力书案尔"
    "权色式万联共起两费号张但克科十程支世组从收们县总基州受条报单都德级责展包布议如心无取认达量意已比情广城林站四件标甲委商还手活战华村格"
    "接口未信拉社常记限统形结府属士集李服项供点港审营米治女影指类具就罗办参网局更险身持协省列鱼获房岛息改施江解各视给付回近决首五直职造医"
    "非然尼构份乐流转字说专示传湾英术食投强求头河请团带型兰选调知依别白京巴陈监准黄每反照质语香演领龙许际界导空承价镇校放星居担曾清育续周"
    "根义始护國為於後時會學發與個區經軍對來東動並業開長這機當內進現將體過亞間戰關產電員爾稱馬車聯統設場臺實種權約務數羅總兩華隊運應議從資"
    "賽島計書達萬著處組縣義們據灣線認門證該規史領張條報語結朝帝古屬無廣則紀還號蘭選阿傳族說級裡決黨視術單點些類帶費太際變少土濟洲標網卡導"
    "維記獲團參強別許營責石舉源爭辦構協轉給即樂蘇納風域又龍擊職質漢命專項鐵括"
)
"""The characters that make up some 70 % of Chinese text, simplified and traditional; text read by the wrong codec has under 15 %."""

_SAMPLE = 100_000
"""Characters looked at as evidence: more would not change the verdict."""
_SHORT = 12
"""Han characters below which the evidence has to be stronger."""
_FREQUENT_SHARE, _FREQUENT_SHARE_SHORT = 0.3, 0.5
_LEAD, _LEAD_SHORT = 2.0, 4.0
_UNREADABLE_SHARE = 0.02

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FAMILIES = (("gb18030",), ("cp950", "big5hkscs"))

_BINARY = (
    (b"%PDF-", "a PDF", ".pdf", "是 PDF，请把后缀改为 .pdf"),
    (b"PK\x03\x04", "a zip archive, as .docx, .xlsx and .epub are", ".docx", "是 .docx 之类或压缩包，请改回原来的后缀"),
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Office file", ".doc", "是旧版或有密码的 Office 文件，请不设密码另存为 .docx 或 .xlsx"),
    (b"{\\rtf", "an RTF file", ".rtf", "是 RTF 文件，请另存为 .docx"),
    (b"\x1f\x8b", "a gzip archive", ".gz", "是压缩包，请解开后上传里面的文件"),
    (b"\x89PNG", "a PNG image", ".png", "是 PNG 图片，请上传文字"),
    (b"\xff\xd8\xff", "a JPEG image", ".jpg", "是 JPEG 图片，请上传文字"),
    (b"GIF8", "a GIF image", ".gif", "是 GIF 图片，请上传文字"),
)
_NO_TEXT = "这不是文本文件，请检查后缀"
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of `data` and the name of the codec it was read with.

    The byte order mark is left out and every line end (\\r\\n, \\r or \\n) is one "\\n"; raw offsets everywhere count the characters of
    this text. With `encoding` that codec is used and no other.

    Raises DocumentError where the bytes are no text, where they do not fit `encoding`, and where no encoding is plainly the right one.
    """
    if encoding is not None:
        return _line_ends(_as_told(data, encoding)), encoding
    for start, what, suffix, told in _BINARY:
        if data.startswith(start):
            raise DocumentError(f"this is {what}, not text; name it as what it is: mv FILE FILE{suffix}", reason=f"这不是文本，{told}")
    for mark, name in _MARKS:
        if data.startswith(mark):
            try:
                return _line_ends(_as_told(data, name)), name
            except DocumentError as error:
                raise DocumentError(
                    f"it begins as {name} does, but is no such text; see what it holds: head -c 300 FILE | xxd",
                    reason=f"开头标明是 {name} 编码，内容却不是，文件可能已损坏",
                ) from error
    if b"\x00" in data:
        if name := next((name for name in ("utf-16-le", "utf-16-be") if _may_be(data, name)), ""):
            raise DocumentError(
                f"it looks like {name} without its mark; if it is, say so: python -m rag.show FILE --encoding {name}",
                reason=f"文字编码拿不准（可能是 {name}），请另存为 UTF-8 编码",
            )
        raise DocumentError("it holds NUL bytes, so it is no text; see what it is: file FILE", reason=_NO_TEXT)
    text, name = _guessed(data)
    if _unreadable(text):
        raise DocumentError(
            "it is full of control characters, so it is no text; see what it holds: head -c 300 FILE | xxd", reason=_NO_TEXT
        )
    return _line_ends(text), name


def _may_be(data: bytes, encoding: str) -> bool:
    """Whether most of what the bytes are in `encoding` is what texts are made of."""
    try:
        sample = data[: 2 * _SAMPLE].decode(encoding)
    except UnicodeDecodeError:
        return False
    usual = sum(character in _FREQUENT or character.isspace() or "!" <= character <= "~" for character in sample)
    return usual >= _FREQUENT_SHARE * len(sample) and not _unreadable(sample)


def _as_told(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeError, ValueError) as error:
        known = not isinstance(error, LookupError)
        at = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        why = f"it is not {encoding}{at}" if known else f"there is no text encoding called {encoding!r}"
        raise DocumentError(
            f"{why}; leave the encoding to be found: python -m rag.show FILE",
            reason=f"文件不是 {encoding} 编码，请不要指定编码" if known else f"没有叫 {encoding} 的文字编码，请不要指定编码",
        ) from error
    text = text.removeprefix("\ufeff")
    if _unreadable(text):
        raise DocumentError(
            f"read as {encoding} it is no text; leave the encoding to be found: python -m rag.show FILE",
            reason=f"按 {encoding} 编码读出来不是文字，请不要指定编码",
        )
    return text


def _guessed(data: bytes) -> tuple[str, str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _guessed_chinese(data, error.start)
    # 目 in GB18030 is well-formed UTF-8, the letter Ŀ: where a few bytes can be either, nothing is guessed.
    if not text.isascii() and not any(map(is_han, text[:_SAMPLE])):
        other = _first_that_fits(data, _FAMILIES[0])
        if other and _frequent_share(other[0]) >= _FREQUENT_SHARE_SHORT:
            raise _doubt(other[1])
    return text, "utf-8"


def _guessed_chinese(data: bytes, broken_at: int) -> tuple[str, str]:
    readings = [reading for family in _FAMILIES if (reading := _first_that_fits(data, family))]
    if not readings:
        raise DocumentError(
            f"it is not UTF-8 (see byte {broken_at}), not GB18030 and not Big5; if you know its encoding, name it: "
            "python -m rag.show FILE --encoding NAME",
            reason="文字编码认不出来，请另存为 UTF-8 编码",
        )
    ranked = sorted(((_frequent_share(text), text, name) for text, name in readings), key=lambda reading: -reading[0])
    share, text, name = ranked[0]
    next_share = ranked[1][0] if len(ranked) > 1 else 0.0
    short = sum(map(is_han, text[:_SAMPLE])) < _SHORT
    if share < (_FREQUENT_SHARE_SHORT if short else _FREQUENT_SHARE) or share < next_share * (_LEAD_SHORT if short else _LEAD):
        raise _doubt(name)
    return text, name


def _doubt(likely: str) -> DocumentError:
    return DocumentError(
        f"its encoding cannot be told for certain; name it: python -m rag.show FILE --encoding {likely}",
        reason=f"文字编码拿不准（可能是 {likely}），请另存为 UTF-8 编码",
    )


def _first_that_fits(data: bytes, names: tuple[str, ...]) -> tuple[str, str] | None:
    for name in names:
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
    return None


def _frequent_share(text: str) -> float:
    """The share of frequent characters among all that are not ASCII or a common mark, in [0, 1]."""
    sample = re.sub("[\x00-\x7f\u3000-\u3002\u2010-\u2027\u300a-\u3011\uff01-\uff5e·]", "", text[:_SAMPLE])
    if not any(map(is_han, sample)):
        return 0.0
    return sum(character in _FREQUENT for character in sample) / len(sample)


def _unreadable(text: str) -> bool:
    return (
        "\x00" in text
        or _SURROGATE.search(text) is not None
        or len(_CONTROLS.findall(text[:_SAMPLE])) > _UNREADABLE_SHARE * min(len(text), _SAMPLE)
    )


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
