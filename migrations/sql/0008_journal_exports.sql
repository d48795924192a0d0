-- Exports of the journal to general ledgers, and what came back from there.

-- An export: which close in which layout, its files with their hashes, by whom and when.
create table records.journal_export (
  id bigint generated always as identity,
  entity_id integer not null,
  period text collate "C" not null,
  ordinal integer not null,
  run text collate "C" not null,
  grain text collate "C" not null,
  layout text collate "C" not null,
  layout_version integer not null,
  parameters jsonb not null,
  files jsonb not null,
  digest text collate "C" not null,
  exported_at timestamptz not null,
  exported_by text collate "C" not null,
  constraint pk_journal_export primary key (id),
  constraint ck_journal_export_ordinal_is_not_negative check (ordinal >= 0),
  constraint ck_journal_export_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$')
);
create index ix_journal_export_entity_id_period on records.journal_export (entity_id, period);

-- A document of an export of a close, under the id that the general ledger gets.
create table records.exported_document (
  entity_id integer not null,
  id text collate "C" not null,
  period text collate "C" not null,
  ordinal integer not null,
  grain text collate "C" not null,
  layout text collate "C" not null,
  currency text collate "C" not null,
  amount bigint not null,
  line_count integer not null,
  constraint pk_exported_document primary key (entity_id, id),
  constraint ck_exported_document_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$')
);
create index ix_exported_document_entity_id_period on records.exported_document (entity_id, period);

-- What a general ledger posted under such an id; the last version counts.
create table records.posted_reference (
  entity_id integer not null,
  document text collate "C" not null,
  version integer not null,
  number text collate "C" not null,
  posted_on date not null,
  currency text collate "C" not null,
  amount bigint not null,
  source text collate "C" not null,
  recorded_at timestamptz not null,
  recorded_by text collate "C" not null,
  constraint pk_posted_reference primary key (entity_id, document, version),
  constraint ck_posted_reference_version_counts_from_one check (version >= 1)
);

do $$
declare
  target text;
begin
  foreach target in array array['journal_export', 'exported_document', 'posted_reference'] loop
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
