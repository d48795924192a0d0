-- What other systems counted, beside the usage ledger: the gateway, the model server, billing.

-- A file of counts, and the rows of it that could not be read.
create table records.usage_count_batch (
  entity_id integer not null,
  source text collate "C" not null,
  batch text collate "C" not null,
  name text collate "C" not null,
  sha256 text collate "C" not null,
  recorded_at timestamptz not null,
  recorded_by text collate "C" not null,
  received_rows bigint not null,
  new_rows bigint not null,
  corrected_rows bigint not null,
  unchanged_rows bigint not null,
  refused_rows bigint not null,
  refused jsonb not null,
  constraint pk_usage_count_batch primary key (entity_id, source, batch),
  constraint ck_usage_count_batch_rows_add_up check (
    received_rows = new_rows + corrected_rows + unchanged_rows + refused_rows
  )
);

-- What a source counted of a meter on a day, for a contract or a customer; the last version counts.
create table records.usage_count (
  entity_id integer not null,
  source text collate "C" not null,
  counted_for text collate "C" not null,
  party text collate "C" not null,
  meter text collate "C" not null,
  usage_date date not null,
  version integer not null,
  quantity numeric(38,9) not null,
  batch text collate "C" not null,
  recorded_at timestamptz not null,
  constraint pk_usage_count primary key (
    entity_id, source, counted_for, party, meter, usage_date, version
  ),
  constraint ck_usage_count_version_counts_from_one check (version >= 1),
  constraint ck_usage_count_counted_for_is_known check (counted_for in ('contract', 'customer'))
);
create index ix_usage_count_entity_id_usage_date on records.usage_count (entity_id, usage_date);

do $$
declare
  target text;
begin
  foreach target in array array['usage_count_batch', 'usage_count'] loop
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
