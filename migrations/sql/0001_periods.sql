-- open -> closing -> closed; closing -> open gives a close up. A closed period changes only
-- through an approved reopening of its latest close, which leaves a row.

create function work.check_period() returns trigger language plpgsql as $$
declare
  latest int;
  reopened int;
begin
  if tg_op = 'DELETE' then
    raise exception using
      errcode = 'RV001',
      message = format('Period %s cannot be removed.', old.period);
  end if;
  if tg_op = 'INSERT' then
    if new.status = 'closed' then
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

  select coalesce(max(ordinal), 0) into latest from records.period_close
  where entity_id = new.entity_id and period = new.period;
  select coalesce(max(ordinal), 0) into reopened from records.period_reopening
  where entity_id = new.entity_id and period = new.period;

  if old.status = 'closed' and (new.status <> 'open' or reopened <> latest) then
    raise exception using
      errcode = 'RV005',
      message = format('Period %s is closed (close %s).', old.period, latest),
      hint = 'Have it reopened: a requester, another approver, a reason.';
  end if;
  if new.status = 'closed' and (old.status <> 'closing' or latest <= reopened) then
    raise exception using
      errcode = 'RV006',
      message = format('Period %s is %s, without a new certificate.', old.period, old.status),
      hint = 'Begin closing it, then write the close.';
  end if;
  return new;
end
$$;

create trigger check_period before insert or update or delete on work.period
  for each row execute function work.check_period();

create function records.check_close() returns trigger language plpgsql as $$
declare
  latest int; -- of the closes beside the row itself
begin
  select coalesce(max(ordinal), 0) into latest from records.period_close
  where entity_id = new.entity_id and period = new.period
    and (tg_table_name <> 'period_close' or ordinal <> new.ordinal);
  if tg_table_name = 'period_close' and new.ordinal <> latest + 1 then
    raise exception using
      errcode = 'RV006',
      message = format('Close %s of %s does not follow close %s.', new.ordinal, new.period, latest);
  end if;
  if tg_table_name = 'period_reopening' and new.ordinal <> latest then
    raise exception using
      errcode = 'RV006',
      message = format(
        'Reopening %s of %s does not name the latest close, %s.', new.ordinal, new.period, latest
      );
  end if;
  return null;
end
$$;

-- After the row, so that row-level security has had its say first.
create trigger check_close after insert on records.period_close
  for each row execute function records.check_close();
create trigger check_close after insert on records.period_reopening
  for each row execute function records.check_close();
