"""Five questions that `samples/` answers, and the passage that each one must find first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """A question asked in one tenant, in other words than the document that answers it."""

    text: str
    tenant_id: str | None
    """None is the default tenant."""
    expected_key: str
    """The bucket key of the document whose passage must be the first match."""
    expected_words: str
    """Words of that passage, as they stand there."""
    filter: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ForeignQuestion:
    """A question asked once more, by a tenant whose documents do not answer it."""

    question: Question
    other_tenant_id: str


CLOSING_IN_A_STORM = Question(
    text="How strong may the wind get before we have to shut the roof?",
    tenant_id="observatory",
    expected_key="tenants/observatory/manuals/dome-and-enclosure.pdf",
    expected_words="above 16 metres a second",
)

QUESTIONS: tuple[Question, ...] = (
    Question(
        text="Can a friend collect my reservation for me?",
        tenant_id=None,
        expected_key="handbook/frequently-asked-questions.html",
        expected_words="Give them the six-digit pickup code",
    ),
    Question(
        text="Where can I take a course in mending torn jeans and socks?",
        tenant_id=None,
        expected_key="catalogue/workshops.json",
        expected_words="Rescue torn trousers, worn elbows and holey socks",
    ),
    Question(
        text="My bread came out flat instead of round: what did I do wrong?",
        tenant_id="bakery",
        expected_key="tenants/bakery/recipes/country-sourdough.md",
        expected_words="Over-risen, or shaped too loosely",
    ),
    CLOSING_IN_A_STORM,
    Question(
        text="Why did the dome shutter get stuck before it was fully closed?",
        tenant_id="observatory",
        expected_key="tenants/observatory/incidents/2026-shutter-failure.docx",
        expected_words="a bearing of its left motor was full of salt and had seized",
        # The report of 2024 tells of the same shutter, and of another cause.
        filter={"department": "operations", "year": {"$gte": 2026}},
    ),
)

FOREIGN_QUESTION = ForeignQuestion(CLOSING_IN_A_STORM, other_tenant_id="bakery")
