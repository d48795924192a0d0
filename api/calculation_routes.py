"""The route of what can be asked without books: prices, burn-downs, invoices, parts of periods."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.access import Books
from api.bodies import Document
from api.routing import BODIES, EVERY, refusals, router
from revrec.feeds.calculations import question_of
from revrec.rating.answers import answer


class Calculated(BaseModel):
    """Figures by name, and the rows they are made of; amounts are decimal text."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: str = Field(examples=["proration"])
    figures: dict[str, str] = Field(examples=[{"part": "22/31", "amount": "35.48"}])
    tables: dict[str, list[dict[str, str]]]


@router.post(
    "/calculations",
    tags=["calculations"],
    operation_id="calculate",
    summary="Calculate",
    responses=refusals(*EVERY, *BODIES, "feed-error"),
)
def calculate(_: Books, asked: Document) -> Calculated:
    """What usage costs, credits pay, an invoice or a part of a period comes to.

    The question tells all that decides it; nothing is read from the books, and nothing is written.
    """
    found = answer(question_of(asked, "body"))
    tables = {name: [dict(row) for row in rows] for name, rows in found.tables.items()}
    return Calculated(kind=found.kind, figures=dict(found.figures), tables=tables)
