-- Audit samples: drawn once, with everything that decided which items were selected; what auditors
-- found of the items, the last word on each counting; and evaluations. Nothing is changed.
insert into migrations.role_duty (role, duty) values ('auditor', 'audit');

create table records.sample (
  entity_id integer not null,
  id text collate "C" not null,
  method text collate "C" not null,
  unit text collate "C" not null,
  seed numeric(20,0) not null,
  parameters jsonb not null,
  population jsonb not null,
  drawn_at timestamptz not null,
  drawn_by text collate "C" not null,
  constraint pk_sample primary key (entity_id, id),
  constraint ck_sample_method_is_known check (
    method in ('monetary_unit', 'stratified', 'random', 'attribute', 'targeted')
  ),
  constraint ck_sample_unit_is_known check (unit in ('posting', 'contract', 'event')),
  constraint ck_sample_seed_is_not_negative check (seed >= 0)
);

create table records.sample_item (
  entity_id integer not null,
  sample text collate "C" not null,
  number integer not null,
  item text collate "C" not null,
  place bigint not null,
  stratum text collate "C" not null,
  hit bigint not null,
  amount bigint not null,
  detail jsonb not null,
  constraint pk_sample_item primary key (entity_id, sample, number),
  constraint uq_sample_item_entity_id_sample_item unique (entity_id, sample, item),
  constraint ck_sample_item_counts_from_one check (number >= 1 and place >= 1 and hit >= 0)
);

create table records.sample_result (
  id bigint generated always as identity,
  entity_id integer not null,
  sample text collate "C" not null,
  number integer not null,
  audited bigint,
  deviates boolean not null,
  note text collate "C" not null,
  recorded_at timestamptz not null,
  recorded_by text collate "C" not null,
  constraint pk_sample_result primary key (id),
  constraint ck_sample_result_deviation_says_why check (not deviates or note <> '')
);
create index ix_sample_result_entity_id_sample on records.sample_result (entity_id, sample);

create table records.sample_evaluation (
  id bigint generated always as identity,
  entity_id integer not null,
  sample text collate "C" not null,
  supported boolean,
  conclusion text collate "C" not null,
  figures jsonb not null,
  evaluated_at timestamptz not null,
  evaluated_by text collate "C" not null,
  constraint pk_sample_evaluation primary key (id)
);
create index ix_sample_evaluation_entity_id_sample
  on records.sample_evaluation (entity_id, sample);

create trigger a_person after insert on records.sample referencing new table as added
  for each statement execute function records.check_person('drawn_by', 'audit');
create trigger a_person after insert on records.sample_result referencing new table as added
  for each statement execute function records.check_person('recorded_by', 'audit');
create trigger a_person after insert on records.sample_evaluation referencing new table as added
  for each statement execute function records.check_person('evaluated_by', 'audit');

-- The items of a sample are those it was drawn with, and no others later; results are of its items.
create function records.check_sample_items() returns trigger language plpgsql as $$
begin
  if exists (
    select from added
    where not exists (
      select from records.sample as drawn
      where drawn.entity_id = added.entity_id and drawn.id = added.sample
        and records.is_own_row(drawn.xmin)
    )
  ) then
    raise exception using
      errcode = 'RV015', message = 'Items are added to a sample only as it is drawn.';
  end if;
  return null;
end
$$;
create function records.check_sample_results() returns trigger language plpgsql as $$
begin
  if exists (
    select from added
    where not exists (
      select from records.sample_item as item
      where item.entity_id = added.entity_id and item.sample = added.sample
        and item.number = added.number
    )
  ) then
    raise exception using
      errcode = 'RV015', message = 'A result is of an item of a sample.';
  end if;
  return null;
end
$$;
revoke execute on function records.check_sample_items(), records.check_sample_results()
  from public;
grant execute on function records.check_sample_items(), records.check_sample_results()
  to revrec_app, revrec_bulk;
create trigger check_items after insert on records.sample_item referencing new table as added
  for each statement execute function records.check_sample_items();
create trigger check_results after insert on records.sample_result referencing new table as added
  for each statement execute function records.check_sample_results();

do $$
declare
  target text;
begin
  foreach target in array array['sample', 'sample_item', 'sample_result', 'sample_evaluation'] loop
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
