"""A month of a whole company, stage by stage, beside the least each needs and beside its peers.

Run as ``python -m tests.bench.bench_company [CONTRACTS ...]``; thirty rows of usage for each. Of
each number, on a private server in a folder of its own: facts are recorded and usage ingested; the
month is read, decided, recognised, posted and balanced one part of the contracts after another,
each stage timed by itself; then usage is rolled up, contracts are decided ahead, and the month is
closed by all processors; then it is reconciled, reported as workbooks, and a contract is explained.
The *limit* of a stage is the least that a bare DuckDB, PostgreSQL or Delta does for the same rows
in the same run, of workbooks what the same cells take to be written as CSV and Parquet and to be
packed. Peers compute the same postings from flat files, and are held against ours, posting by
posting. ``--write FILE`` appends what was found as Markdown. ``--close`` leaves out what comes
after a close: reconciliation, workbooks, an explanation. ``--whole`` leaves out the stages one by
one as well, and all peers but DuckDB, so that what is held at most is what the program needs.

Exits with 1 if a peer that is exact does not give our postings.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake
from rich.console import Console

from reports.export import export
from revrec.collector import collector_at_rest
from revrec.engine import Accounting, counted, decide_all
from revrec.ledger.chart import charted
from revrec.ledger.detail import reasoned
from revrec.ledger.subledger import Subledger, first_period, summed
from revrec.model.fact import Fact
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, decide_for
from revrec.operations.computing import inputs_of, metered_usage, posted_detail, sound_book
from revrec.operations.contracts import explain_contract
from revrec.operations.engines import PARALLEL, PART_CONTRACTS
from revrec.operations.facts import record_facts
from revrec.operations.parts import Asked, Part, cut_up, part_of
from revrec.operations.reconciling import three_way
from revrec.operations.report import report
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.recognition.arithmetic import Arithmetic
from revrec.recognition.counts import usage_by_obligation
from revrec.runtime.settings import Settings
from revrec.store import embedded, fact_columns, facts
from revrec.store.parting import contracts_told
from revrec.store.periods import CloseStage, Pins
from revrec.store.transaction import Transaction
from revrec.usage.ingest import ingest
from revrec.usage.rollup import roll_up
from tests.bench.clocks import Clock, Took
from tests.bench.company import Company, found
from tests.bench.company import facts as facts_of_company
from tests.bench.peers import KEYS, PEERS, differing

SIZES = (10_000,)
USAGE_ROWS = 30
"""For each contract."""
JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
BLOCK = 20_000
EXACT = frozenset(PEERS) - {"pandas with floats"}


class Bench:
    """One company, its books and what everything took."""

    def __init__(
        self,
        company: Company,
        workspace: Workspace,
        folder: Path,
        *,
        to_the_close: bool,
        whole: bool,
    ) -> None:
        self.company, self.workspace, self.folder = company, workspace, folder
        self.to_the_close = to_the_close
        self.peers = {"DuckDB alone": PEERS["DuckDB alone"]} if whole else PEERS
        self.whole = whole
        self.clock = Clock(folder)
        self.took: dict[str, Took] = {}
        self.limits: dict[str, Took] = {}
        self.notes: dict[str, str] = {}

    def stage(self, name: str, run: Callable[[], object]) -> None:
        """Run a stage, or a further part of it."""
        self.took[name] = self.took.get(name, Took()) + self.clock.took(run)

    def limit(self, name: str, run: Callable[[], object]) -> None:
        """Run the least that a stage needs."""
        self.limits[name] = self.clock.took(run)

    def run(self) -> None:
        """Everything, in order."""
        self._record()
        self.stage("ingest usage", self._ingest)
        if not self.whole:
            self.workspace.run(self._in_parts, read_only=True)
        self.stage("roll up usage", self._roll_up)
        self.stage("decide ahead", lambda: decide_for(self.workspace, JANUARY, engine=PARALLEL))
        self.stage("close softly, decided ahead", self._close)
        names = ("roll up usage", "decide ahead", "close softly, decided ahead")
        self.took["all three"] = sum((self.took[each] for each in names), Took())
        if self.whole:
            self.postings = self.workspace.run(
                lambda tx: posted_detail(tx, self.workspace.lake), read_only=True
            )
        if not self.to_the_close:
            self._after_the_close()
        self._limits()
        if not self.to_the_close:
            self._limits_of_reports()
        self._peers()
        sizes = {"lake": "lake", "workbooks": "out", "database": "postgres*"}
        for what, pattern in sizes.items():
            files = [f for each in self.folder.rglob(pattern) for f in each.rglob("*")]
            held = sum(each.stat().st_size for each in files if each.is_file())
            self.notes[f"megabytes of {what}"] = f"{held / 2**20:,.0f}"

    def _after_the_close(self) -> None:
        self.stage("reconcile", lambda: three_way(self.workspace, JANUARY, JANUARY))
        self.stage("workbooks", self._workbooks)
        day, name = JANUARY.last, "C-0000004"
        self.stage("explain a contract", lambda: explain_contract(self.workspace, name, day))

    def _record(self) -> None:
        for first in range(0, self.company.contracts, BLOCK):
            numbers = range(first, min(first + BLOCK, self.company.contracts))
            told: list[Fact] = []
            self.stage(
                "validate facts",
                lambda numbers=numbers, told=told: told.extend(
                    each for number in numbers for each in facts_of_company(number)
                ),
            )
            self.stage(
                "record facts", lambda told=told: record_facts(self.workspace, told, source="bench")
            )

    def _ingest(self) -> None:
        totals = ingest(
            *(self.workspace.database, self.workspace.lake, self.company.usage),
            source_name="bench",
            entity=self.workspace.entity,
            actor="ada",
        )
        assert totals.accepted.rows == self.company.usage_rows, totals

    def _in_parts(self, tx: Transaction) -> None:
        lake = self.workspace.lake
        version = lake.committed_version(tx, "usage")
        pins = Pins(
            fact_seq=facts.last_seq(tx),
            usage_version=version,
            known_at=tx.now,
            stage=CloseStage.SOFT,
        )
        parts = max(1, -(-contracts_told(tx, pins.fact_seq) // PART_CONTRACTS))
        postings = []
        with cut_up(tx, pins, parts) as pieces:
            self.stage("read", lambda: pieces.load("usage", metered_usage(tx, lake, pins).daily()))
            pieces.load("posted", posted_detail(tx, lake))
            for number in range(parts):
                part = part_of(pieces, number)
                postings.append(self._part(part, Asked(period=JANUARY, since=pieces.since)))
        self.postings = pa.concat_tables(postings)

    @collector_at_rest()
    def _part(self, part: Part, asked: Asked) -> pa.Table:
        """The stages of a part, as ``compute`` has them."""
        made: dict[str, Any] = {}

        def read() -> None:
            book = sound_book(fact_columns.facts_of(part.facts))
            made["inputs"] = inputs_of(book, part.usage, part.posted)

        def decide() -> None:
            usage = usage_by_obligation(
                made["inputs"].usage, made["inputs"].book.histories.values()
            )
            made["arithmetic"] = Arithmetic(counted(made["inputs"].book, [usage]))
            decided, refused = decide_all(made["inputs"].book, made["arithmetic"], JANUARY.last)
            assert not refused, refused
            made["decided"] = decided

        def recognise() -> None:
            segments = [each for one in made["decided"].values() for each in one.segments]
            others = [each for one in made["decided"].values() for each in one.accrued]
            days = [JANUARY.previous.last, JANUARY.last]
            made["accounting"] = Accounting(
                recognised=made["arithmetic"].recognise(segments, days),
                accrued=made["arithmetic"].recognise(others, days),
                contracts=made["decided"],
                refused={},
            )

        def post() -> None:
            book, accounting = made["inputs"].book, made["accounting"]
            assert first_period(book, asked.period) == asked.period
            made["subledger"] = Subledger(book, accounting)
            before = summed(made["inputs"].posted)
            rows = made["subledger"].postings(asked.period, [asked.period], before)
            on_chart = charted(rows, made["inputs"].posted, book, asked.period)
            made["rows"] = reasoned(on_chart, book, accounting, asked.period)

        def balance() -> None:
            made["positions"] = made["subledger"].positions([asked.period.last])

        for stage in (read, decide, recognise, post, balance):
            self.stage(stage.__name__, stage)
        return made["rows"]

    def _roll_up(self) -> None:
        self.workspace.run(lambda tx: roll_up(tx, self.workspace.lake))

    def _close(self) -> None:
        close_period(self.workspace, JANUARY, **PEOPLE, kind=Kind.SOFT, engine=PARALLEL)

    def _workbooks(self) -> None:
        export(report(self.workspace, JANUARY, JANUARY), self.folder / "out")

    def _limits(self) -> None:
        """The least of every stage: rows in, arithmetic, rows out."""
        usage, detail = pq.read_table(self.company.usage), self.postings
        bare = self.folder / "bare"
        self.limit("ingest usage", lambda: write_deltalake(str(bare / "usage"), usage))
        bodies = [json.dumps(dict(each.body)) for each in self._some_facts()]
        url = self.workspace.database.url
        with psycopg.connect(url) as connection:
            connection.execute("create temporary table bare (body text)")
            self.limit("record facts", lambda: _copied(connection, bodies))
            self.limit("read", lambda: _parsed(connection))
        with duckdb.connect() as database:
            database.execute("set enable_progress_bar = false")
            self.limit("decide", lambda: PEERS["DuckDB alone"](self.company))
            database.register("detail", detail)
            by = "select origin, contract, obligation, event, account, sum(amount) from detail"
            self.limit("post", lambda: database.sql(f"{by} group by all order by all").fetchall())
            of = "select contract, account, sum(amount) from detail group by all"
            self.limit("balance", lambda: database.sql(of).to_arrow_table())
            by_day = "select contract, meter, usage_date, sum(quantity), sum(amount) from usage"
            database.register("usage", usage)
            self.limit(
                "roll up usage",
                lambda: database.sql(f"{by_day} group by all order by all").to_arrow_table(),
            )
        self.limits["decide ahead"] = self.limits["read"]
        written = self.clock.took(lambda: write_deltalake(str(bare / "detail"), detail))
        closed = self.limits["decide"] + written
        self.limits["close softly, decided ahead"] = closed
        self.limits["all three"] = self.limits["read"] + closed + self.limits["roll up usage"]

    def _limits_of_reports(self) -> None:
        """Sums and a join, one contract's rows, and the same cells written and packed."""
        usage, bare = pq.read_table(self.company.usage), self.folder / "bare"
        twins = {each.stem: pq.read_table(each) for each in self.folder.glob("out/*.parquet")}
        packed = {}
        for book in self.folder.glob("out/*.xlsx"):
            with ZipFile(book) as entries:
                packed[book.name] = {name: entries.read(name) for name in entries.namelist()}

        def write() -> None:
            for name, table in twins.items():
                database.register("twin", table)
                for form in ("csv", "parquet"):
                    database.execute(f"copy twin to '{bare / name}.{form}' (format {form})")
            for name, entries in packed.items():
                with ZipFile(bare / name, "w", ZIP_DEFLATED) as book:
                    for entry, content in entries.items():
                        book.writestr(entry, content)

        with duckdb.connect() as database:
            database.execute("set enable_progress_bar = false")
            database.register("detail", self.postings)
            database.register("usage", usage)
            self.limit("reconcile", lambda: database.sql(_RECONCILED).fetchall())
            self.limit("workbooks", write)
            one = "select * from detail where contract = 'C-0000004'"
            self.limit("explain a contract", lambda: database.sql(one).fetchall())

    def _some_facts(self) -> Iterator[Any]:
        for number in range(self.company.contracts):
            yield from facts_of_company(number)

    def _peers(self) -> None:
        ours = self.postings.select([*KEYS, "amount"])
        for name, compute in self.peers.items():
            made: list[pa.Table] = []
            self.took[f"peer: {name}"] = self.clock.took(
                lambda compute=compute, made=made: made.append(compute(self.company))
            )
            postings, cents = differing(ours, made[0])
            self.notes[f"{name} is off"] = f"{postings:,} postings by {cents:,} cents"
            assert name not in EXACT or not postings, (name, postings, cents)


_RECONCILED = """
with used as (
    select contract, date_trunc('month', usage_date) as month, sum(amount) as rated
    from usage group by all
),
told as (
    select contract, sum(amount) filter (where account = 'receivable') as billed,
           -sum(amount) filter (where account = 'revenue') as revenue
    from detail group by all
)
select *, rated - billed, billed - revenue from told left join used using (contract)
order by contract
"""


def _copied(connection: psycopg.Connection[Any], bodies: list[str]) -> None:
    with connection.cursor().copy("copy bare from stdin") as copy:
        for body in bodies:
            copy.write_row((body,))


def _parsed(connection: psycopg.Connection[Any]) -> None:
    with connection.cursor().copy("copy bare to stdout") as copy:
        for row in copy.rows():
            json.loads(row[0])


def table_of(bench: Bench) -> str:
    """What was found, as Markdown."""
    company = bench.company
    rows = f"{company.usage_rows:,} rows of usage, {bench.postings.num_rows:,} postings"
    lines = [
        f"### {company.contracts:,} contracts, {rows}",
        "",
        "| what | processor s | of it PostgreSQL | on the wall | limit, processor s | times | MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, took in bench.took.items():
        limit = bench.limits.get(name)
        spent = took.processor + took.database
        least = limit.processor + limit.database if limit else 0.0
        told = [f"{least:.2f}", f"{spent / least:.1f}"] if limit and least else ["", ""]
        figures = [f"{spent:.2f}", f"{took.database:.2f}", f"{took.wall:.2f}", *told]
        lines.append(f"| {name} | {' | '.join(figures)} | {took.megabytes:,} |")
    lines += ["", *(f"- {what}: {told}" for what, told in bench.notes.items()), ""]
    return "\n".join(lines)


def measured(contracts: int, *, to_the_close: bool, whole: bool) -> str:
    """One company, from nothing to everything, or to its close."""
    folder = Path(tempfile.mkdtemp(prefix="revrec-bench-"))
    try:
        company = found(folder, contracts, contracts * USAGE_ROWS)
        settings = Settings(home=folder / "home", database_url=None)
        with open_workspace(settings, actor="ada", migrate=True) as workspace:
            bench = Bench(company, workspace, folder, to_the_close=to_the_close, whole=whole)
            bench.run()
        return table_of(bench)
    finally:
        embedded.stop(folder / "home")
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Measure each size and tell."""
    write = Path(arguments[arguments.index("--write") + 1]) if "--write" in arguments else None
    sizes = [int(each) for each in arguments if each.isdecimal()] or list(SIZES)
    console = Console()
    console.print(f"{platform.machine()}, {platform.python_version()}, sizes {sizes}")
    for size in sizes:
        whole = "--whole" in arguments
        told = measured(size, to_the_close=whole or "--close" in arguments, whole=whole)
        console.print(told, markup=False)
        if write is not None:
            with write.open("a", encoding="utf-8") as file:
                file.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
