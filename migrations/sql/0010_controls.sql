-- Controls around a close: gates waived for it, tasks done with their evidence and sign-offs.
-- All of them name the opening of the period they are of: 1, and one more after each reopening.

-- A gate that need not be passed, once, on two people's word.
create table records.gate_waiver (
  entity_id integer not null,
  period text collate "C" not null,
  opening integer not null,
  gate text collate "C" not null,
  requested_by text collate "C" not null,
  approved_by text collate "C" not null,
  reason text collate "C" not null,
  waived_at timestamptz not null,
  constraint pk_gate_waiver primary key (entity_id, period, opening, gate),
  constraint ck_gate_waiver_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  constraint ck_gate_waiver_opening_counts_from_one check (opening >= 1),
  constraint ck_gate_waiver_approved_by_another check (approved_by <> requested_by),
  constraint ck_gate_waiver_reason_is_given check (reason <> '')
);

-- What a person did for a task of the checklist; the last one of a task counts.
create table records.task_evidence (
  id bigint generated always as identity,
  entity_id integer not null,
  period text collate "C" not null,
  opening integer not null,
  task text collate "C" not null,
  prepared_by text collate "C" not null,
  prepared_at timestamptz not null,
  sha256 text collate "C" not null,
  link text collate "C" not null,
  note text collate "C" not null,
  constraint pk_task_evidence primary key (id),
  constraint ck_task_evidence_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  constraint ck_task_evidence_opening_counts_from_one check (opening >= 1),
  constraint ck_task_evidence_something_is_given check (sha256 <> '' or link <> '' or note <> '')
);
create index ix_task_evidence_entity_id_period_opening
  on records.task_evidence (entity_id, period, opening);

-- What another person said of it. A trigger holds the row to who prepared the evidence, so that the
-- check compares the two people whoever writes it.
create table records.task_sign_off (
  entity_id integer not null,
  evidence bigint not null,
  prepared_by text collate "C" not null,
  signed_by text collate "C" not null,
  signed_at timestamptz not null,
  outcome text collate "C" not null,
  note text collate "C" not null,
  constraint pk_task_sign_off primary key (entity_id, evidence),
  constraint ck_task_sign_off_signed_by_another check (signed_by <> prepared_by),
  constraint ck_task_sign_off_outcome_is_known check (outcome in ('accepted', 'returned'))
);

create function records.check_sign_off() returns trigger language plpgsql as $$
begin
  if not exists (
    select from records.task_evidence
    where entity_id = new.entity_id and id = new.evidence and prepared_by = new.prepared_by
  ) then
    raise exception using
      errcode = 'RV010',
      message = format('Nobody of the name %s gave the evidence %s.', new.prepared_by, new.evidence),
      hint = 'Sign evidence that is recorded, naming who prepared it.';
  end if;
  return null;
end
$$;

-- After the row, so that row-level security has had its say first.
create trigger check_sign_off after insert on records.task_sign_off
  for each row execute function records.check_sign_off();
revoke execute on function records.check_sign_off() from public;
grant execute on function records.check_sign_off() to revrec_app, revrec_bulk;

-- Neither a waiver nor a task is added to a period that is closed.
create function records.check_open_for_controls() returns trigger language plpgsql as $$
begin
  if exists (
    select from work.period
    where entity_id = new.entity_id and period = new.period and status = 'closed'
  ) then
    raise exception using
      errcode = 'RV005',
      message = format('Period %s is closed.', new.period),
      hint = 'Have it reopened: a requester, another approver, a reason.';
  end if;
  return null;
end
$$;
create trigger check_open after insert on records.gate_waiver
  for each row execute function records.check_open_for_controls();
create trigger check_open after insert on records.task_evidence
  for each row execute function records.check_open_for_controls();
revoke execute on function records.check_open_for_controls() from public;
grant execute on function records.check_open_for_controls() to revrec_app, revrec_bulk;

do $$
declare
  target text;
begin
  foreach target in array array['gate_waiver', 'task_evidence', 'task_sign_off'] loop
    execute format(
      'create trigger append_only before update or delete or truncate on records.%I'
      ' for each statement execute function records.refuse_change()', target
    );
    execute format('alter table records.%I enable row level security', target);
    execute format('alter table records.%I force row level security', target);
    execute format(
      'create policy own_entity on records.%I using (entity_id ='
      ' (select nullif(current_setting(''revrec.entity_id'', true), '''')::int))', target
    );
    execute format('grant select on records.%I to revrec_app, revrec_bulk, revrec_reader', target);
    execute format('grant insert on records.%I to revrec_app, revrec_bulk', target);
  end loop;
end
$$;
