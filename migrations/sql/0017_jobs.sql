-- Work done in the background. The queue is procrastinate's (0017_procrastinate.sql), in a schema of
-- its own; work.job is what people see of a job: how far it is and what came of it.

create table work.job (
  entity_id integer not null,
  id text collate "C" not null,
  kind text collate "C" not null,
  arguments jsonb not null,
  requested_by text collate "C" not null,
  requested_at timestamptz not null,
  state text collate "C" not null,
  attempts integer not null,
  step text collate "C" not null,
  steps_done integer not null,
  steps_total integer not null,
  result jsonb,
  error jsonb,
  started_at timestamptz,
  ended_at timestamptz,
  constraint pk_job primary key (entity_id, id),
  constraint ck_job_state_is_known check (state in ('queued', 'running', 'done', 'failed')),
  constraint ck_job_ended_with_an_outcome check (
    (state = 'done') = (result is not null)
    and (state = 'failed') = (error is not null)
    and (state in ('done', 'failed')) = (ended_at is not null)
  )
);
create index ix_job_entity_id_requested_at on work.job (entity_id, requested_at);

-- A job is asked for by somebody, and its outcome stays.
create function work.check_job() returns trigger language plpgsql as $$
begin
  if old.state in ('done', 'failed')
    or (new.entity_id, new.id, new.kind, new.arguments, new.requested_by)
      is distinct from (old.entity_id, old.id, old.kind, old.arguments, old.requested_by)
  then
    raise exception using
      errcode = 'RV001', message = format('The job %s is %s.', old.id, old.state);
  end if;
  return new;
end
$$;
create trigger check_job before update on work.job
  for each row execute function work.check_job();
create trigger a_person after insert on work.job referencing new table as added
  for each statement execute function
    records.check_person('requested_by', 'read', 'record', 'prepare');

alter table work.job enable row level security;
alter table work.job force row level security;
create policy own_entity on work.job using (entity_id =
  (select nullif(current_setting('revrec.entity_id', true), '')::int));
grant select on work.job to revrec_app, revrec_bulk, revrec_reader;
grant insert, update on work.job to revrec_app, revrec_bulk;
revoke execute on function work.check_job() from public;
grant execute on function work.check_job() to revrec_app, revrec_bulk;

-- The queue's functions name its tables without their schema.
do $$
declare
  of_queue regprocedure;
begin
  for of_queue in
    select oid::regprocedure from pg_proc where pronamespace = 'jobs'::regnamespace
  loop
    execute format('alter function %s set search_path = jobs, pg_temp', of_queue);
  end loop;
end
$$;
grant usage on schema jobs to revrec_app;
grant select, insert, update, delete on all tables in schema jobs to revrec_app;
grant usage on all sequences in schema jobs to revrec_app;
