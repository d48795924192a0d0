-- Proposals of facts, and what a second person decided of them.

-- Facts that are proposed, with what they rest on.
create table records.proposal (
  entity_id integer not null,
  id text collate "C" not null,
  kind text collate "C" not null,
  subject text collate "C" not null,
  contract text collate "C",
  as_of date not null,
  proposed_at timestamptz not null,
  prepared_by text collate "C" not null,
  standing text collate "C" not null,
  reason text collate "C" not null,
  run text collate "C" not null,
  seed bigint not null,
  fact_seq bigint not null,
  usage_version bigint,
  model_version text collate "C" not null,
  facts jsonb not null,
  evidence jsonb not null,
  constraint pk_proposal primary key (entity_id, id),
  constraint ck_proposal_kind_is_known check (kind in ('estimate', 'selling_prices', 'policy')),
  constraint ck_proposal_stands_or_waits check (standing in ('stands', 'waits'))
);
create index ix_proposal_entity_id_kind_subject_proposed_at
  on records.proposal (entity_id, kind, subject, proposed_at);

-- What a second person decided. A trigger holds the decision to who prepared the proposal, so that
-- the check compares the two people whoever writes the row.
create table records.proposal_decision (
  entity_id integer not null,
  id text collate "C" not null,
  prepared_by text collate "C" not null,
  approved_by text collate "C" not null,
  decided_at timestamptz not null,
  outcome text collate "C" not null,
  note text collate "C" not null,
  constraint pk_proposal_decision primary key (entity_id, id),
  constraint ck_proposal_decision_approved_by_another check (approved_by <> prepared_by),
  constraint ck_proposal_decision_outcome_is_known check (outcome in ('approved', 'rejected'))
);

create function records.check_decision() returns trigger language plpgsql as $$
begin
  if not exists (
    select from records.proposal
    where entity_id = new.entity_id and id = new.id and prepared_by = new.prepared_by
  ) then
    raise exception using
      errcode = 'RV009',
      message = format('Nobody of the name %s prepared the proposal %s.', new.prepared_by, new.id),
      hint = 'Decide of a proposal that is recorded, naming who prepared it.';
  end if;
  return null;
end
$$;

-- After the row, so that row-level security has had its say first.
create trigger check_decision after insert on records.proposal_decision
  for each row execute function records.check_decision();
revoke execute on function records.check_decision() from public;
grant execute on function records.check_decision() to revrec_app, revrec_bulk;

do $$
declare
  target text;
begin
  foreach target in array array['proposal', 'proposal_decision'] loop
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
