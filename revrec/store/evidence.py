"""Lists that auditors ask for, each by one query that is shown with it and gives the same rows.

What a query reads is append-only and bounded by the moment at which it ran, so that it may be run
again later, by whoever may read the database: as ``revrec_reader``, after
``set revrec.entity_id = N``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import ClientCursor

from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.periods import Period
from revrec.store.audit_log import LOOKED_AT
from revrec.store.transaction import Transaction

_CHANGES = ("role.", "duties.", "person.", "key.", "change.", "proposal.", "estimates.", "period.")
"""Operations of the audit log that change who may what, or what figures rest on."""
_TYPES = {
    "entry": Column(name="entry", title="Entry", type=ColumnType.INTEGER),
    "debits": Column(name="debits", title="Debits", type=ColumnType.MONEY, total=True),
}
"""Columns that are no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list with the query that made it."""

    data: DataSet
    query: str
    """SQL with its values, or a command."""
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A list as it is asked for: SQL whose columns, in their order, are those of the list."""

    title: str
    note: str
    sql: str
    values: Mapping[str, object] = field(default_factory=dict)
    """Further values; ``entity``, ``first``, ``last`` and ``ran_at`` are always there."""


def lists(tx: Transaction, first: Period, last: Period) -> dict[str, Listed]:
    """Every list by name, those of entries for the periods ``first`` to ``last``."""
    always = {"entity": tx.entity, "first": str(first), "last": str(last), "ran_at": tx.now}
    return {name: _listed(tx, name, each, always) for name, each in _LISTS.items()}


def table(
    name: str, title: str, note: str, columns: str, rows: Sequence[tuple[str, ...]]
) -> DataSet:
    """A data set whose columns are text, named with blanks between them."""
    return DataSet(
        name=name,
        title=title,
        columns=[_column(each) for each in columns.split()],
        rows=rows,
        note=note,
    )


def _listed(tx: Transaction, name: str, asked: _Asked, always: Mapping[str, object]) -> Listed:
    values = {**always, **asked.values}
    with ClientCursor(tx.connection) as cursor:
        query = cursor.mogrify(asked.sql, values).strip()
        found = cursor.execute(asked.sql, values)
        assert found.description is not None, "a query has columns"
        data = DataSet(
            name=name,
            title=asked.title,
            columns=[_column(each.name) for each in found.description],
            rows=found.fetchall(),
            note=asked.note,
        )
    used = {key: value for key, value in values.items() if f"%({key})s" in asked.sql}
    told = "; ".join(f"{key}: {value}" for key, value in used.items())
    return Listed(data=data, query=query, parameters=told)


def _column(name: str) -> Column:
    return _TYPES.get(name, Column(name=name, title=name.replace("_", " ").capitalize()))


_ENTRIES = """
select e.seq as entry, e.period, e.origin, e.event, e.currency,
  coalesce((select sum(l.amount) from records.journal_line l
    where l.entity_id = e.entity_id and l.entry_seq = e.seq and l.amount > 0), 0)::bigint as debits,
  to_char(e.posted_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as posted_at,
  to_char(e.posted_at at time zone 'UTC', 'FMDay') as weekday,
  c.prepared_by, c.approved_by, e.book, e.digest
from records.journal_entry e
cross join lateral (select prepared_by, approved_by from records.period_close
  where entity_id = e.entity_id and chain_seq >= e.seq
  order by chain_seq, closed_at, ordinal limit 1) c
where e.entity_id = %(entity)s and e.posted_at <= %(ran_at)s
  and e.period >= %(first)s and e.period <= %(last)s
order by e.seq
"""
_PERIODS = """
select to_char(moment at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as at, period, what,
  prepared_by, approved_by, reason, chain_head, engine_version
from (
  select closed_at as moment, period, 'closed (' || stage || ')' as what, prepared_by,
    approved_by, '' as reason, chain_head, engine_version, ordinal, 1 as place
  from records.period_close where entity_id = %(entity)s and closed_at <= %(ran_at)s
  union all
  select reopened_at, period, 'reopened', requested_by, approved_by, reason, '', '', ordinal, 2
  from records.period_reopening where entity_id = %(entity)s and reopened_at <= %(ran_at)s
) as events
order by moment, period, ordinal, place
"""
_APPROVALS = """
select p.id as proposal, p.kind, p.subject, p.as_of::text as as_of, p.prepared_by, p.standing,
  coalesce(d.outcome, '') as outcome, coalesce(d.approved_by, '') as decided_by,
  coalesce(to_char(d.decided_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), '') as decided_at,
  p.reason
from records.proposal p
left join records.proposal_decision d
  on d.entity_id = p.entity_id and d.id = p.id and d.decided_at <= %(ran_at)s
where p.entity_id = %(entity)s and p.proposed_at <= %(ran_at)s
order by p.kind, p.as_of, p.proposed_at, p.subject, p.id
"""
_CHANGED = """
select id::text as event, to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as at, actor,
  operation, subject,
  coalesce((select string_agg(key || ': ' || value, '; ' order by key)
    from jsonb_each_text(details)), '') as details
from records.audit_event
where entity_id = %(entity)s and audit_event.at <= %(ran_at)s
  and exists (select from unnest(%(beginnings)s::text[]) as of where starts_with(operation, of))
order by audit_event.id
"""
_ACCESS = """
with held as (
  select g.person, g.role, g.id from records.role_grant g
  where g.entity_id = %(entity)s and g.granted_at <= %(ran_at)s and not exists (
    select from records.role_end x where x.entity_id = g.entity_id and x.role_grant = g.id
      and x.ended_at <= %(ran_at)s)
)
select p.name, p.kind, coalesce(p.login, '') as login,
  coalesce((select string_agg(role, ' ' order by id) from held where person = p.name), '')
    as roles,
  coalesce((select string_agg(distinct d.duty, ' ' order by d.duty) from held
    join migrations.role_duty d using (role) where person = p.name), '') as duties,
  (select count(*) from records.access_key k
    where k.entity_id = p.entity_id and k.person = p.name and k.issued_at <= %(ran_at)s
      and k.expires_at > %(ran_at)s and not exists (
        select from records.access_key_end x where x.entity_id = k.entity_id
          and x.access_key = k.id and x.ends_at <= %(ran_at)s))::text as keys,
  p.enrolled_by, to_char(p.enrolled_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as enrolled_at
from records.person p
where p.entity_id = %(entity)s and p.enrolled_at <= %(ran_at)s
order by p.name
"""
_CONFLICTS = """
with has as (
  select distinct g.person, d.duty from records.role_grant g
  join migrations.role_duty d on d.role = g.role
  where g.entity_id = %(entity)s and g.granted_at <= %(ran_at)s and not exists (
    select from records.role_end x where x.entity_id = g.entity_id and x.role_grant = g.id
      and x.ended_at <= %(ran_at)s)
),
answered as (
  select distinct on (person) person, accepted_by, until, reason from records.duty_exception
  where entity_id = %(entity)s and accepted_at <= %(ran_at)s
  order by person, id desc
)
select a.person as name, c.duty, c.other, coalesce(x.accepted_by, '') as answered_by,
  coalesce(x.until::text, '') as until, coalesce(x.reason, '') as reason
from migrations.duty_conflict c
join has a on a.duty = c.duty
join has b on b.person = a.person and b.duty = c.other
left join answered x on x.person = a.person
order by a.person, c.duty, c.other
"""
_INTERFACES = """
select batch, name, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as recorded_at,
  recorded_by, received_rows::text as received, accepted_rows::text as accepted,
  duplicate_rows::text as duplicate, quarantined_rows::text as set_aside,
  (received_rows - accepted_rows - duplicate_rows - quarantined_rows)::text as left_over
from records.usage_batch
where entity_id = %(entity)s and usage_batch.recorded_at <= %(ran_at)s
order by usage_batch.recorded_at desc, batch
"""
_INSPECTIONS = """
select id::text as event, to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as at, actor,
  operation, subject
from records.audit_event
where entity_id = %(entity)s and audit_event.at <= %(ran_at)s
  and starts_with(operation, %(beginning)s)
order by audit_event.id
"""
_SAMPLES = """
select s.id as sample, s.method, s.population ->> 'query' as population,
  (select count(*) from records.sample_item i
    where i.entity_id = s.entity_id and i.sample = s.id)::text as items,
  (select count(distinct r.number) from records.sample_result r
    where r.entity_id = s.entity_id and r.sample = s.id and r.recorded_at <= %(ran_at)s)::text
    as results,
  coalesce((select v.conclusion from records.sample_evaluation v
    where v.entity_id = s.entity_id and v.sample = s.id and v.evaluated_at <= %(ran_at)s
    order by v.id desc limit 1), '') as conclusion
from records.sample s
where s.entity_id = %(entity)s and s.drawn_at <= %(ran_at)s
order by s.drawn_at, s.id
"""

_LISTS: Mapping[str, _Asked] = {
    "journal_entries": _Asked(
        title="Journal entries",
        note="Every entry with who prepared and approved its close (AS 2401.61).",
        sql=_ENTRIES,
    ),
    "period_log": _Asked(
        title="Periods",
        note="When each period was closed and opened again, by whom, by which engine.",
        sql=_PERIODS,
    ),
    "approvals": _Asked(
        title="Approvals", note="What was proposed, by whom, and who decided.", sql=_APPROVALS
    ),
    "change_log": _Asked(
        title="Change log",
        note="Who changed rights, elections, prices, estimates or the state of a period, and why.",
        sql=_CHANGED,
        values={"beginnings": list(_CHANGES)},
    ),
    "access_report": _Asked(
        title="Access", note="Everyone enrolled with roles, duties and keys in use.", sql=_ACCESS
    ),
    "separation_of_duties": _Asked(
        title="Separation of duties",
        note="Duties one person has that nobody has together, and who answers for it.",
        sql=_CONFLICTS,
    ),
    "interface_completeness": _Asked(
        title="Interfaces",
        note="Rows received are rows accepted, known before and set aside; nothing is left over.",
        sql=_INTERFACES,
    ),
    "inspections": _Asked(
        title="Inspections",
        note="What auditors asked for.",
        sql=_INSPECTIONS,
        values={"beginning": LOOKED_AT},
    ),
    "samples": _Asked(
        title="Samples", note="Samples that were drawn, and what they say.", sql=_SAMPLES
    ),
}
