"""Rows that plainly keep the rules of their form, read a column at a time.

Nearly all rows do, and what they mean can be read from typed columns or from texts of the usual
shape without judging each. What is said here is only ever enough: a row that is not plain is
judged by the rules themselves, which may still find that it keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from revrec.usage.columns import (
    AMOUNT,
    COUNTED,
    EVENTS,
    NO_AMOUNT,
    NO_CURRENCY,
    OF_CUSTOMER,
    QUANTITY,
    RECORDED_AT,
    ROW_NUMBER,
    WELL_FORMED,
    Form,
)
from revrec.usage.labels import canonical_labels
from revrec.usage.rules import (
    AMOUNT_MAX,
    DIMENSIONS_BYTES_MAX,
    FIRST_DAY,
    LAST_DAY,
    QUANTITY_MAX,
    RATED_HERE,
    TEXT_BYTES_MAX,
)

_PART_ROWS = 2**10
"""Rows judged one by one if something among them cannot be read a column at a time."""
_TIDY = r"^[\pL\pN_.:/#]([\pL\pM\pN _.:/#@=+|~-]*[\pL\pM\pN_.:/#@=+|~-])?$"
"""Letters, digits and common marks: no text of this shape hides or runs anything."""
_DECIMAL = r"^-?[0-9]{1,%d}(\.[0-9]{1,%d})?$"
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
_FORMULA = np.isin(np.arange(256), list(b"=+@-"))
"""For each byte whether a text that begins with it is one a spreadsheet would run."""
_VISIBLE = 0x21, 0x7E
_DAY_MICROSECONDS = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_DAYS_TAKEN = tuple((date.fromisoformat(day) - _EPOCH).days for day in (FIRST_DAY, LAST_DAY))
_NO_TEXT = pa.scalar(None, pa.string())
_Mask = npt.NDArray[np.bool_]


def split(
    rows: pa.RecordBatch, form: Form, *, rated_here: bool
) -> Iterator[tuple[pa.RecordBatch | None, pa.RecordBatch | None]]:
    """Plain rows in the columns of ``WELL_FORMED``, and the others as they came.

    ``rated_here`` admits the source of rows rated here.
    """
    reading = _Reading(rows)
    try:
        meant = _meant(reading, form, rated_here=rated_here)
    except pa.ArrowInvalid:
        # Some value has no place in its column's type: closer and closer, until few are doubtful.
        if len(rows) <= _PART_ROWS:
            yield None, rows
            return
        half = len(rows) // 2
        for part in (rows.slice(0, half), rows.slice(half)):
            yield from split(part, form, rated_here=rated_here)
        return
    if reading.plain.all():
        yield meant, None
        return
    kept = pa.array(reading.plain)
    yield (meant.filter(kept) if reading.plain.any() else None), rows.filter(pc.invert(kept))


class _Reading:
    """The columns of some rows, and which of the rows are plain so far."""

    def __init__(self, rows: pa.RecordBatch) -> None:
        self.rows = rows
        self.plain: _Mask = np.ones(len(rows), np.bool_)

    def require(self, mask: pa.Array | _Mask | np.bool_) -> None:
        """Rows for which it does not hold are not plain."""
        if not isinstance(mask, np.ndarray | np.bool_):
            if not mask.null_count and pc.all(mask).as_py():
                return
            mask = pc.fill_null(mask, fill_value=False).to_numpy(zero_copy_only=False)
        self.plain &= mask

    def column(self, name: str) -> pa.Array:
        """The values; nulls of text where the column is left out."""
        if name not in self.rows.schema.names:
            return pa.nulls(len(self.rows), pa.string())
        column = self.rows.column(name)
        kind = column.type
        if pa.types.is_dictionary(kind) and not pa.types.is_string(kind.value_type):
            kind = kind.value_type
            column = column.cast(kind)
        if pa.types.is_null(kind) or pa.types.is_integer(kind) or _is_other_text(kind):
            return column.cast(pa.string())
        return column

    def shared(self, name: str) -> pa.DictionaryArray:
        """The texts of a required column in which rows share them; all tidy in plain rows."""
        column = self.column(name)
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = encoded.dictionary.cast(pa.string())
        encoded = pa.DictionaryArray.from_arrays(encoded.indices, texts)
        self.require(_of_texts(encoded, _tidy(texts)))
        return encoded

    def own(self, name: str, *, required: bool) -> pa.Array:
        """The texts of a column in which each row has its own; all tidy in plain rows."""
        column = self.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        if not required and column.null_count < len(column):
            column = pc.replace_with_mask(column, pc.equal(column, ""), _NO_TEXT)
        if column.null_count == len(column):
            self.require(np.bool_(not required))
        else:
            tidy = _tidy(column)
            self.require(tidy if required else pc.or_kleene(pc.is_null(column), tidy))
        return column


def _meant(reading: _Reading, form: Form, *, rated_here: bool) -> pa.RecordBatch:
    """What the rows mean, where they are plain."""
    count = len(reading.rows)
    source = reading.shared("source")
    if not rated_here:
        reading.require(_of_texts(source, pc.not_equal(source.dictionary, RATED_HERE)))
    corrects = reading.own("corrects", required=False)
    quantity = _figure(reading, "quantity", QUANTITY, QUANTITY_MAX)
    priced = form not in {COUNTED, EVENTS}
    if priced:
        amount = _figure(reading, "amount", AMOUNT, AMOUNT_MAX)
        currency = reading.shared("currency")
        negative = pc.or_(_below_zero(quantity), _below_zero(amount))
    else:
        amount = pa.repeat(pa.scalar(NO_AMOUNT, pa.string()).cast(AMOUNT), count)
        currency = pa.repeat(pa.scalar(NO_CURRENCY), count).dictionary_encode()
        negative = _below_zero(quantity)
    reading.require(pc.or_(pc.invert(negative), pc.is_valid(corrects)))
    moment = _moment(reading) if form is EVENTS else pa.nulls(count, RECORDED_AT)
    contract, customer = _whose(reading) if form is EVENTS else (reading.shared("contract"), None)
    meant = {
        ROW_NUMBER: reading.rows.column(ROW_NUMBER),
        "day": _day_of(reading, moment) if form is EVENTS else _day(reading),
        "source": source,
        "usage_id": reading.own("usage_id", required=True),
        "contract": contract,
        "meter": reading.shared("meter"),
        "quantity": quantity,
        "unit": reading.shared("unit"),
        "amount": amount,
        "currency": currency,
        "labels": _labels(reading),
        "corrects": corrects,
        "occurred_at": moment,
        "customer": pa.nulls(count, pa.string()) if customer is None else customer,
    }
    return pa.RecordBatch.from_arrays(
        [meant[name] for name in WELL_FORMED.names], WELL_FORMED.names
    )


def _is_other_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _of_texts(encoded: pa.DictionaryArray, mask: pa.Array) -> pa.Array | np.bool_:
    """For each row what holds of its text; null where it has none."""
    if not encoded.null_count and pc.all(mask).as_py():
        return np.True_
    return mask.take(encoded.indices)


def _tidy(texts: pa.Array) -> pa.Array:
    if _all_visible(texts):
        return pa.repeat(pa.scalar(value=True), len(texts))
    return pc.and_(
        pc.match_substring_regex(texts, _TIDY),
        pc.less_equal(pc.binary_length(texts), TEXT_BYTES_MAX),
    )


def _all_visible(texts: pa.StringArray) -> bool:
    """Whether all texts are tidy, seen from their bytes at once."""
    if texts.null_count or not len(texts):
        return False
    _, where, what = texts.buffers()
    offsets = np.frombuffer(where, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    lengths = np.diff(offsets)
    if lengths.min() < 1 or lengths.max() > TEXT_BYTES_MAX:
        return False
    letters = np.frombuffer(what, np.uint8)
    told = letters[offsets[0] : offsets[-1]]
    first, last = _VISIBLE
    return bool(
        told.min() >= first and told.max() <= last and not _FORMULA[letters[offsets[:-1]]].any()
    )


def _figure(reading: _Reading, name: str, kind: pa.Decimal128Type, largest: int) -> pa.Array:
    """Exact figures within the scale and magnitude that are taken."""
    column = reading.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type):
        shape = _DECIMAL % (len(str(largest)), kind.scale)
        told = pc.match_substring_regex(column, shape)
        reading.require(told)
        column = pc.if_else(told, column, _NO_TEXT)
        signed = pc.starts_with(column, "-")
    else:
        signed = None
    values = column.cast(kind)
    if signed is not None:
        nought = pc.equal(values, pa.scalar(0, pa.int32()).cast(kind))
        reading.require(pc.invert(pc.and_(signed, nought)))
    bound = pa.scalar(largest, pa.decimal128(38, 0)).cast(kind)
    reading.require(pc.less_equal(pc.abs(values), bound))
    return values


def _below_zero(values: pa.Array) -> pa.Array:
    return pc.less(values, pa.scalar(0, pa.int32()).cast(values.type))


def _day(reading: _Reading) -> pa.Array:
    """Usage dates among those that are taken."""
    column = reading.column("usage_date")
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32())
    else:
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = encoded.dictionary.cast(pa.string())
        told = pc.if_else(pc.match_substring_regex(texts, _DAY), texts, _NO_TEXT)
        column = told.cast(pa.date32()).take(encoded.indices)
    return _taken(reading, column)


def _day_of(reading: _Reading, moment: pa.Array) -> pa.Array:
    """The day in UTC of moments among the days that are taken."""
    microseconds = pc.fill_null(moment.cast(pa.int64()), 0).to_numpy()
    days = pa.array((microseconds // _DAY_MICROSECONDS).astype(np.int32)).cast(pa.date32())
    return _taken(reading, pc.if_else(pc.is_valid(moment), days, pa.scalar(None, pa.date32())))


def _taken(reading: _Reading, days: pa.Array) -> pa.Array:
    numbers = days.cast(pa.int32())
    first, last = _DAYS_TAKEN
    reading.require(pc.and_(pc.greater_equal(numbers, first), pc.less_equal(numbers, last)))
    return days


def _moment(reading: _Reading) -> pa.Array:
    column = reading.column("time")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type):
        column = pc.if_else(pc.match_substring_regex(column, _MOMENT), column, _NO_TEXT)
    return column.cast(RECORDED_AT)


def _whose(reading: _Reading) -> tuple[pa.Array, pa.Array]:
    """The contract or what stands for it, and the customer told in its place."""
    contract, customer = (reading.own(name, required=False) for name in ("contract", "customer"))
    stand_in = pc.binary_join_element_wise(pa.scalar(OF_CUSTOMER), customer, "")
    told = pc.coalesce(contract, stand_in)
    reading.require(pc.less_equal(pc.binary_length(told), TEXT_BYTES_MAX))
    return told, pc.if_else(pc.is_valid(contract), _NO_TEXT, customer)


def _labels(reading: _Reading) -> pa.DictionaryArray:
    """Dimensions in canonical JSON; none are an empty object."""
    column = reading.column("dimensions")
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    # Parquet readers take texts on trust; the detour over bytes makes Arrow check them.
    texts = encoded.dictionary.cast(pa.binary()).cast(pa.string()).to_pylist()
    canonical = [_canonical(text) for text in texts]
    indices = encoded.indices
    if encoded.null_count:
        indices = pc.fill_null(indices, pa.scalar(len(canonical), indices.type))
        canonical.append("{}")
    values = pa.array(canonical, pa.string())
    if values.null_count:
        reading.require(pc.is_valid(values).take(indices))
    known = pa.array([text or "{}" for text in canonical], pa.string())
    return cast("pa.DictionaryArray", pa.DictionaryArray.from_arrays(indices, known))


def _canonical(text: str) -> str | None:
    if not text:
        return "{}"
    return canonical_labels(text) if len(text.encode()) <= DIMENSIONS_BYTES_MAX else None
