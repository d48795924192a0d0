"""Days from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from revrec.model.contract import _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Both days included."""

    __pydantic_config__ = _STRICT

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
