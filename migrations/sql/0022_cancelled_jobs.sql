-- A job is cancelled: one that waits at once, one that is running where it next stops to look.
alter table work.job
  add column cancelled_by text collate "C",
  add column cancelled_at timestamptz,
  drop constraint ck_job_state_is_known,
  drop constraint ck_job_ended_with_an_outcome,
  add constraint ck_job_state_is_known
    check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  add constraint ck_job_ended_with_an_outcome check (
    (state = 'done') = (result is not null)
    and (state = 'failed') = (error is not null)
    and (state in ('done', 'failed', 'cancelled')) = (ended_at is not null)
  ),
  add constraint ck_job_cancelled_by_somebody check (
    (cancelled_by is null) = (cancelled_at is null)
    and (state <> 'cancelled' or cancelled_by is not null)
  );

create or replace function work.check_job() returns trigger language plpgsql as $$
begin
  if old.state in ('done', 'failed', 'cancelled')
    or (new.entity_id, new.id, new.kind, new.arguments, new.requested_by)
      is distinct from (old.entity_id, old.id, old.kind, old.arguments, old.requested_by)
    or old.cancelled_by is not null
      and (new.cancelled_by, new.cancelled_at)
        is distinct from (old.cancelled_by, old.cancelled_at)
  then
    raise exception using
      errcode = 'RV001', message = format('The job %s is %s.', old.id, old.state);
  end if;
  if old.cancelled_by is null and new.cancelled_by is not null then
    perform records.require_person(new.entity_id, new.cancelled_by, '{read,record,prepare}');
  end if;
  return new;
end
$$;
