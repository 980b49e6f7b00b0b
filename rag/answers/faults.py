"""What can be wrong with a statement that is checked against what it cites, and how it is said in Chinese."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with a statement."""

    EMPTY = "nothing is said"
    TOO_LONG = "too long"
    UNCITED = "nothing is cited"
    FIGURE = "a figure that is not there"
    DATE = "a date that is not there"
    NAME = "a name that is not there"
    BELONGING = "a figure or date of something else"
    SUBJECT = "said of something else"
    DENIAL = "denied there, or only here"
    DIRECTION = "the other direction"
    CONTRARY = "another of its kind is there"
    LIMIT = "said there on a condition, as hearsay, or to be untrue"
    PLAN = "a plan for a fact, or a fact for a plan"
    RANK = "a first, most or comparison that is not there"
    SUPPORT = "too little of it is there"
    FAR = "said in other words than are there"


_EXPLAINED = {
    Fault.EMPTY: "这句话没有内容。",
    Fault.TOO_LONG: "这句话太长，无法核对。",
    Fault.UNCITED: "这句话没有引用任何段落。",
    Fault.FIGURE: "引用的段落里没有“{}”这个数。",
    Fault.DATE: "引用的段落里没有“{}”这个时间。",
    Fault.NAME: "引用的段落里没有“{}”。",
    Fault.BELONGING: "引用的段落里，“{}”说的是别的事。",
    Fault.SUBJECT: "引用的段落里，这件事说的不是“{}”。",
    Fault.DENIAL: "“{}”与引用的段落一个肯定、一个否定。",
    Fault.DIRECTION: "“{}”的增减、高低或先后与引用的段落相反。",
    Fault.CONTRARY: "引用的段落说的不是“{}”，而是与它相对的。",
    Fault.LIMIT: "引用的段落里，“{}”只是在某种条件下成立，或者是传言、已被否定的说法。",
    Fault.PLAN: "“{}”把计划和事实弄混了。",
    Fault.RANK: "引用的段落里没有“{}”这样的说法。",
    Fault.FAR: "“{}”与引用的段落说法相差太远，无法核对。",
    Fault.SUPPORT: "引用的段落没有说到“{}”的大部分内容。",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and with which stretch of the statement."""

    fault: Fault
    stretch: str

    @property
    def explanation(self) -> str:
        """One line about it, in Chinese."""
        return _EXPLAINED[self.fault].format(self.stretch)
