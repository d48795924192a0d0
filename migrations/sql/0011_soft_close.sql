-- A period is closed softly before it is closed for good: its postings stand and it takes no others,
-- until its cut-off is moved, which closes it softly once more, or it is closed. Each soft close has a
-- certificate like any close.

alter table records.period_close
  add column stage text collate "C" not null default 'hard',
  add constraint ck_period_close_stage_is_known check (stage in ('soft', 'hard'));

alter table work.period
  add column pin_stage text collate "C",
  drop constraint ck_period_status_is_known,
  drop constraint ck_period_pinned_while_closing;
update work.period set pin_stage = 'hard' where status = 'closing';
alter table work.period
  add constraint ck_period_status_is_known
    check (status in ('open', 'closing', 'soft_closed', 'closed')),
  add constraint ck_period_pinned_while_closing
    check (
      (status = 'closing') = (pin_fact_seq is not null)
      and (status = 'closing') = (pin_known_at is not null)
      and (status = 'closing') = (pin_stage is not null)
      and (status = 'closing' or pin_usage_version is null)
    );

create or replace function work.check_period() returns trigger language plpgsql as $$
declare
  latest int;
  latest_stage text;
  reopened int;
  stands text; -- what the certificates say of a period that is not being closed
begin
  if tg_op = 'DELETE' then
    raise exception using
      errcode = 'RV001',
      message = format('Period %s cannot be removed.', old.period);
  end if;
  if tg_op = 'INSERT' then
    if new.status in ('soft_closed', 'closed') then
      raise exception using
        errcode = 'RV006',
        message = format('Period %s cannot begin as closed.', new.period),
        hint = 'Open it, then close it.';
    end if;
    return new;
  end if;
  if (new.entity_id, new.period) is distinct from (old.entity_id, old.period) then
    raise exception using
      errcode = 'RV001',
      message = format('Period %s of entity %s keeps its name.', old.period, old.entity_id);
  end if;

  select ordinal, stage into latest, latest_stage from records.period_close
  where entity_id = new.entity_id and period = new.period order by ordinal desc limit 1;
  select coalesce(max(ordinal), 0) into reopened from records.period_reopening
  where entity_id = new.entity_id and period = new.period;
  stands := case
    when coalesce(latest, 0) <= reopened then 'open'
    when latest_stage = 'soft' then 'soft_closed'
    else 'closed'
  end;

  if old.status = 'closed' and (new.status <> 'open' or stands <> 'open') then
    raise exception using
      errcode = 'RV005',
      message = format('Period %s is closed (close %s).', old.period, latest),
      hint = 'Have it reopened: a requester, another approver, a reason.';
  end if;
  if new.status <> 'closing' and new.status <> stands then
    raise exception using
      errcode = 'RV006',
      message = format(
        'Period %s is %s by its certificates and cannot be %s.', old.period, stands, new.status
      ),
      hint = 'Begin closing it, then write the close.';
  end if;
  if new.status in ('soft_closed', 'closed') and old.status not in ('closing', new.status) then
    raise exception using
      errcode = 'RV006',
      message = format('Period %s is %s, not closing.', old.period, old.status),
      hint = 'Begin closing it, then write the close.';
  end if;
  return new;
end
$$;

create or replace function records.check_close() returns trigger language plpgsql as $$
declare
  latest int; -- of the closes beside the row itself
  latest_stage text;
begin
  select ordinal, stage into latest, latest_stage from records.period_close
  where entity_id = new.entity_id and period = new.period
    and (tg_table_name <> 'period_close' or ordinal <> new.ordinal)
  order by ordinal desc limit 1;
  latest := coalesce(latest, 0);
  if tg_table_name = 'period_close' and new.ordinal <> latest + 1 then
    raise exception using
      errcode = 'RV006',
      message = format('Close %s of %s does not follow close %s.', new.ordinal, new.period, latest);
  end if;
  if tg_table_name = 'period_reopening' and (new.ordinal <> latest or latest_stage = 'soft') then
    raise exception using
      errcode = 'RV006',
      message = format(
        'Reopening %s of %s does not name the latest close, %s.', new.ordinal, new.period, latest
      );
  end if;
  return null;
end
$$;

create or replace function records.check_entries() returns trigger language plpgsql as $$
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
  where known.status is null or known.status in ('soft_closed', 'closed')
  order by added.seq limit 1;
  if found then
    raise exception using
      errcode = case when wrong.status is null then 'RV006' else 'RV005' end,
      message = format(
        'Period %s is %s; nothing can be posted to it.',
        wrong.period, coalesce(replace(wrong.status, '_', '-'), 'not open')
      ),
      hint = case
        when wrong.status is null then 'Open the period first.'
        when wrong.status = 'soft_closed' then 'Have its cut-off moved.'
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
