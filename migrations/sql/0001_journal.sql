-- An entry is whole or absent: it balances, its lines come with its header, its header says how
-- many there are, it continues the chain, and its period is not closed. Statement triggers with
-- transition tables: a bulk load pays once for each statement, not for each line.
--
-- Lateral joins with a limit look each header up by its key. A plain join would be planned once
-- for each connection, perhaps after a bulk load, and then read the whole journal for one entry.
--
-- The digests themselves are not computed here. There is one encoder, in revrec/ledger/chain.py.

-- Whether a visible row was written by the running transaction, under a savepoint too. Rows of
-- other transactions that are still running are invisible, so a visible row whose writer is
-- still running is ours. xmin has 32 bits; the epoch comes from our own id, which is older.
create function records.is_own_row(row_xmin xid) returns boolean language sql stable as $$
  select case
    when candidate < own then false
    else pg_xact_status(candidate::text::xid8) = 'in progress'
  end
  from (
    select own, (own >> 32 << 32) | row_xmin::text::bigint as candidate
    from (select pg_current_xact_id()::text::bigint as own) as running
  ) as written
$$;

create function records.check_entries() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  -- A share lock on the period's row: if a close changed it after our snapshot, PostgreSQL
  -- answers with a serialization failure instead of the old status.
  perform from work.period
  where (entity_id, period) in (select entity_id, period from added)
  for share;

  select added.entity_id, added.period, known.status into wrong
  from added left join work.period as known using (entity_id, period)
  where known.status is null or known.status = 'closed'
  order by added.seq limit 1;
  if found then
    raise exception using
      errcode = case when wrong.status is null then 'RV006' else 'RV005' end,
      message = format(
        'Period %s is %s; nothing can be posted to it.',
        wrong.period, coalesce(wrong.status, 'not open')
      ),
      hint = case
        when wrong.status is null then 'Open the period first.'
        else 'Post to the open period, naming this one as origin, or have it reopened.'
      end;
  end if;

  select added.seq into wrong
  from added
  left join lateral (
    select seq, digest from records.journal_entry
    where entity_id = added.entity_id and seq = added.seq - 1
    limit 1
  ) as prior on true
  where coalesce(prior.digest, repeat('0', 64)) <> added.previous
    or (prior.seq is null and added.seq <> 1)
  order by added.seq limit 1;
  if found then
    raise exception using
      errcode = 'RV007',
      message = format('Entry %s does not continue the chain.', wrong.seq),
      hint = 'Append through revrec.store.journal, which holds the journal''s lock.';
  end if;
  return null;
end
$$;

create trigger check_entries after insert on records.journal_entry
  referencing new table as added
  for each statement execute function records.check_entries();

create function records.check_lines() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  select entry_seq, currency, sum(amount) as difference into wrong
  from added group by entity_id, entry_seq, currency
  having sum(amount) <> 0
  order by entry_seq, currency limit 1;
  if found then
    raise exception using
      errcode = 'RV002',
      message = format(
        'Entry %s: more %s, by %s %s (minor units).',
        wrong.entry_seq,
        case when wrong.difference > 0 then 'debits' else 'credits' end,
        abs(wrong.difference), wrong.currency
      ),
      hint = 'An entry balances in each currency.';
  end if;

  select lines.entry_seq into wrong
  from (select distinct entity_id, entry_seq from added) as lines
  left join lateral (
    select records.is_own_row(xmin) as is_own from records.journal_entry
    where entity_id = lines.entity_id and seq = lines.entry_seq
    limit 1
  ) as entry on true
  where entry.is_own is not true
  order by lines.entry_seq limit 1;
  if found then
    raise exception using
      errcode = 'RV003',
      message = format('Entry %s was not made by this transaction.', wrong.entry_seq),
      hint = 'Lines come with their header; correct an entry by a further entry.';
  end if;
  return null;
end
$$;

create trigger check_lines after insert on records.journal_line
  referencing new table as added
  for each statement execute function records.check_lines();

create function records.check_line_count() returns trigger language plpgsql as $$
declare
  found_count bigint;
begin
  select count(*) into found_count from records.journal_line
  where entity_id = new.entity_id and entry_seq = new.seq;
  if found_count <> new.line_count then
    raise exception using
      errcode = 'RV004',
      message = format(
        'Entry %s says it has %s lines and has %s.', new.seq, new.line_count, found_count
      ),
      hint = 'Insert the header and all its lines in one transaction.';
  end if;
  return null;
end
$$;

create constraint trigger check_line_count after insert on records.journal_entry
  deferrable initially deferred
  for each row execute function records.check_line_count();
