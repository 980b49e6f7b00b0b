"""What axe finds wrong with the chat for those who hear it, or go by the keyboard: nothing serious."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.browser.talk import Visit

GRAVE = {"serious", "critical"}


def found(visit: Visit) -> dict[str, list[str]]:
    """The serious findings by rule, each with the elements it names."""
    violations = Axe().run(visit.page).response["violations"]
    return {one["id"]: [node["html"][:160] for node in one["nodes"]] for one in violations if one["impact"] in GRAVE}


def test_the_empty_page_has_no_serious_finding(visit: Visit) -> None:
    assert found(visit) == {}


@pytest.mark.parametrize("question", ["临港新能源产值?", "临港2019年新能源产值?"])
def test_an_answer_and_a_refusal_have_no_serious_finding(visit: Visit, question: str) -> None:
    reply = visit.ask(question)
    for summary in visit.page.locator("#chat details summary, #citations details summary").all():
        summary.click()
    visit.tab("历史")
    assert found(visit) == {}
    reply.locator("a.cite").first.click()
    assert found(visit) == {}


def test_neither_have_they_in_the_dark_and_on_a_phone(visit_at_night: Visit, visit_by_phone: Visit) -> None:
    for visit in (visit_at_night, visit_by_phone):
        visit.ask("临港新能源产值?")
        assert found(visit) == {}
