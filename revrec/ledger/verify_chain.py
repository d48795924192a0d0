"""Check a journal export without trusting revrec: standard library only, one short file.

    python verify_chain.py journal.csv [SEQ DIGEST]

SEQ and DIGEST are an anchor kept outside, such as the chain head on a close's certificate.
Exit code 0 and the head, or 1 and the first entry that is broken.
"""

import csv
import hashlib
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

HEADER = (
    "entity,seq,period,origin,event,currency,memo,posted_at,posted_by,line_count,lines_digest"
).split(",")
LINE = "account,product,gl_code,gl_name,line_currency,amount".split(",")
BOTH = [*LINE, "functional_currency", "functional_amount"]


def sha256(before: str, value: Sequence[object]) -> str:
    """The hash of a digest in hexadecimal followed by JSON without spaces, in UTF-8."""
    text = before + json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def verify(path: Path, anchor: tuple[int, str] = (0, "")) -> tuple[str, int, str]:
    """What is wrong (empty if nothing) with which entry, and the digest reached."""
    seq, digest, entity = 0, "0" * 64, ""
    with path.open(encoding="utf-8", newline="") as file:
        for named, group in itertools.groupby(csv.DictReader(file), lambda row: row["seq"]):
            rows, before, seq = list(group), digest, seq + 1
            head, entity = rows[0], entity or rows[0]["entity"]
            names, form = (BOTH, 2) if any(r.get(BOTH[-2]) for r in rows) else (LINE, 1)
            book = [head["book"]] if head.get("book") else []
            told = [f"revrec-journal-{3 if book else form}", *(head[n] for n in HEADER), *book]
            digest, lines = sha256(before, told), sha256("", [[r[n] for n in names] for r in rows])
            sums = {"": sum(int(row.get("functional_amount") or 0) for row in rows)}
            for row in rows:
                sums[row["line_currency"]] = sums.get(row["line_currency"], 0) + int(row["amount"])
            for wrong, why in (
                (named != str(seq), f"entry {named} stands in its place"),
                (head["entity"] != entity, "it belongs to another entity"),
                (head["previous"] != before, "it does not name the entry before"),
                (head["line_count"] != str(len(rows)), "its number of lines changed"),
                (head["lines_digest"] != lines, "its lines changed"),
                (head["digest"] != digest, "its header changed"),
                (any(sums.values()), "it does not balance"),
                (anchor[0] == seq and anchor[1] != digest, "its digest is not the anchor's"),
            ):
                if wrong:
                    return why, seq, digest
    return ("it is missing", seq + 1, digest) if anchor[0] > seq else ("", seq, digest)


if __name__ == "__main__":
    given = (int(sys.argv[2]), sys.argv[3]) if sys.argv[2:] else (0, "")
    wrong, at, reached = verify(Path(sys.argv[1]), given)
    sys.stdout.write(f"broken at entry {at}: {wrong}\n" if wrong else f"whole to {at} {reached}\n")
    sys.exit(1 if wrong else 0)
