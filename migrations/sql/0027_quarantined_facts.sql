-- A record that was told and is no fact, and why. The same record again is the same row, whatever
-- has become of it.
create table records.quarantined_fact (
  id bigint generated always as identity,
  entity_id integer not null,
  digest text collate "C" not null,
  source text collate "C" not null,
  place text collate "C" not null,
  -- Nothing if it is of no kind there is.
  kind text collate "C" not null,
  reason text collate "C" not null,
  message text collate "C" not null,
  fields jsonb not null,
  -- As JSON, in a text: it may hold characters that no jsonb does.
  sent text collate "C" not null,
  -- The last fact before it was told: what has a higher number was told since.
  fact_seq bigint not null,
  told_at timestamptz not null,
  told_by text collate "C" not null,
  constraint pk_quarantined_fact primary key (id),
  constraint uq_quarantined_fact_entity_id_digest unique (entity_id, digest)
);
create index ix_quarantined_fact_entity_id_id on records.quarantined_fact (entity_id, id);

create table records.quarantined_fact_resolution (
  entity_id integer not null,
  id bigint not null,
  resolved_at timestamptz not null,
  resolved_by text collate "C" not null,
  outcome text collate "C" not null,
  note text collate "C" not null,
  constraint pk_quarantined_fact_resolution primary key (entity_id, id),
  constraint ck_quarantined_fact_resolution_outcome_is_known
    check (outcome in ('released', 'dismissed'))
);

-- They come from whoever tells facts; a person deals with them.
create trigger a_person after insert on records.quarantined_fact referencing new table as added
  for each statement execute function records.check_person('told_by', 'record', 'prepare');
create trigger a_person after insert on records.quarantined_fact_resolution
  referencing new table as added
  for each statement execute function records.check_person('resolved_by', 'prepare');

do $$
declare
  target text;
begin
  foreach target in array array['quarantined_fact', 'quarantined_fact_resolution'] loop
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
