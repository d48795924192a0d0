"""What goes over the wire of data sets."""

from __future__ import annotations

from pydantic import Field

from api.schemas import Count, Wire
from revrec.model.dataset import ColumnType, DataSet


class DataSetColumn(Wire):
    """A column."""

    name: str = Field(examples=["contract"])
    title: str = Field(examples=["Contract"])
    type: ColumnType
    """Money, quantities and ratios are decimals in text; days are ISO 8601."""


class DataSetListed(Wire):
    """A data set of a report."""

    name: str = Field(examples=["revenue_waterfall"])
    title: str = Field(examples=["Revenue waterfall"])
    note: str
    """How to read it."""
    currency: str | None = Field(examples=["USD"])
    """Of all its money; without one each row has its own."""
    rows: Count
    columns: list[DataSetColumn]

    @classmethod
    def of(cls, data: DataSet, rows: int) -> DataSetListed:
        """What a data set of so many rows is."""
        return cls(
            name=data.name,
            title=data.title,
            note=data.note,
            currency=data.currency,
            rows=rows,
            columns=[
                DataSetColumn(name=each.name, title=each.title, type=each.type)
                for each in data.columns
            ],
        )


class DataSetPage(DataSetListed):
    """A page of a data set."""

    records: list[dict[str, str | int | None]] = Field(examples=[[{"contract": "C-1"}]])
    """The rows of the page, by column."""
