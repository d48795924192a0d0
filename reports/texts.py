"""Columns of Arrow as the texts that files are joined from, many rows in one step.

What a text becomes here is what its value becomes one by one: ``money.with_decimals`` and
``digits.plain`` say what that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from reports.columns import Currencies
from reports.digits import plain
from revrec.money import minor_digits

Texts: TypeAlias = pa.StringArray
"""One text a row; none where there is no value."""
_WHOLE = pa.decimal128(38, 0)


def as_texts(column: pa.Array) -> Texts:
    """Texts as they are, and whole numbers with their digits."""
    return column.cast(pa.string())


def joined(parts: Sequence[Texts | str], count: int) -> bytes:
    """The texts of every row, part by part, row after row; texts that are told are in each.

    >>> joined(["<", pa.array(["a", "b"]), ">"], 2)
    b'<a><b>'
    """
    if not count:
        return b""
    rows = pc.binary_join_element_wise(*parts, "")
    assert rows.null_count == 0, "every row has all of its texts"
    rows = rows if isinstance(rows, pa.Array) else rows.combine_chunks()
    _, _, content = rows.buffers()
    whole: bytes = content[: pc.sum(pc.binary_length(rows)).as_py()].to_pybytes()
    return whole


class InCurrencies:
    """Which rows are in which currency."""

    def __init__(self, currencies: Currencies) -> None:
        first, *self._others = dict.fromkeys(map(str, currencies)) or ["None"]
        self._first = first
        told = pa.array(map(str, currencies), pa.string()) if self._others else None
        self._are_in = {each: pc.equal(told, each) for each in self._others}

    def each(self, texts_in: Callable[[str], Texts]) -> Texts:
        """The texts of every row in its currency, of those that are given for all rows."""
        texts = texts_in(self._first)
        for currency in self._others:
            texts = pc.if_else(self._are_in[currency], texts_in(currency), texts)
        return texts


def in_decimals(minor: pa.Int64Array, currencies: InCurrencies) -> Texts:
    """Amounts in minor units with the decimals of each row's currency.

    >>> in_decimals(pa.array([-5, None, 1200]), InCurrencies(["USD", "USD", "JPY"])).to_pylist()
    ['-0.05', None, '1200']
    """
    return currencies.each(lambda currency: with_digits(minor, minor_digits(currency)))


def with_digits(minor: pa.Int64Array, digits: int) -> Texts:
    """Units of the last of so many decimals, written out."""
    if not digits:
        return as_texts(minor)
    return minor.cast(_WHOLE).view(pa.decimal128(_WHOLE.precision, digits)).cast(pa.string())


def in_full(numbers: pa.Array) -> Texts:
    """All digits of decimals and no more.

    >>> from decimal import Decimal
    >>> told = [Decimal("1.50"), None, Decimal("0.00"), Decimal("-0.05"), Decimal("100.00")]
    >>> in_full(pa.array(told, pa.decimal128(38, 9))).to_pylist()
    ['1.5', None, '0', '-0.05', '100']
    """
    texts = numbers.cast(pa.string())
    if _any(pc.match_substring(texts, "E")):  # nothing, and what is small
        coded = numbers.dictionary_encode()
        few = [None if each is None else plain(each) for each in coded.dictionary.to_pylist()]
        return pa.array(few, pa.string()).take(coded.indices)
    return pc.utf8_rtrim(pc.utf8_rtrim(texts, "0"), ".") if numbers.type.scale > 0 else texts


def _any(flags: pa.BooleanArray) -> bool:
    return bool(pc.any(flags, min_count=0).as_py())
