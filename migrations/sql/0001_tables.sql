-- The tables of revrec/store/tables.py, as of this migration. Money is in integer minor units,
-- rated amounts NUMERIC(38,12), quantities NUMERIC(38,9). Text sorts by code point.

create schema facts;
create schema records;
create schema work;

-- What the books were told; a correction is the next version.
create table facts.fact (
  seq bigint generated always as identity,
  entity_id integer not null,
  kind text collate "C" not null,
  key text collate "C" not null,
  version integer not null,
  contract text collate "C",
  effective_on date not null,
  recorded_at timestamptz not null,
  recorded_by text collate "C" not null,
  digest text collate "C" not null,
  body jsonb not null,
  constraint pk_fact primary key (seq),
  constraint uq_fact_entity_id_kind_key_version unique (entity_id, kind, key, version),
  constraint ck_fact_version_counts_from_one check (version >= 1)
);
create index ix_fact_entity_id_contract on facts.fact (entity_id, contract);

-- Header of an entry, with its place in the chain.
create table records.journal_entry (
  entity_id integer not null,
  seq bigint not null,
  period text collate "C" not null,
  origin text collate "C" not null,
  event text collate "C" not null,
  currency text collate "C" not null,
  memo text collate "C" not null,
  posted_at timestamptz not null,
  posted_by text collate "C" not null,
  line_count integer not null,
  lines_digest text collate "C" not null,
  previous text collate "C" not null,
  digest text collate "C" not null,
  constraint pk_journal_entry primary key (entity_id, seq),
  constraint ck_journal_entry_seq_counts_from_one check (seq >= 1),
  constraint ck_journal_entry_two_lines_at_least check (line_count >= 2),
  constraint ck_journal_entry_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  constraint ck_journal_entry_origin_is_a_month check (origin ~ '^\d{4}-(0[1-9]|1[0-2])$')
);
create index ix_journal_entry_entity_id_period_seq
  on records.journal_entry (entity_id, period, seq);

-- A debit (positive) or credit (negative), in minor units.
create table records.journal_line (
  entity_id integer not null,
  entry_seq bigint not null,
  line_no integer not null,
  account text collate "C" not null,
  product text collate "C" not null,
  gl_code text collate "C" not null,
  gl_name text collate "C" not null,
  currency text collate "C" not null,
  amount bigint not null,
  constraint pk_journal_line primary key (entity_id, entry_seq, line_no),
  constraint ck_journal_line_amount_is_not_zero check (amount <> 0),
  constraint ck_journal_line_line_no_counts_from_one check (line_no >= 1)
);

-- The certificate of a close.
create table records.period_close (
  entity_id integer not null,
  period text collate "C" not null,
  ordinal integer not null,
  closed_at timestamptz not null,
  prepared_by text collate "C" not null,
  approved_by text collate "C" not null,
  fact_seq bigint not null,
  usage_version bigint,
  posting_version bigint,
  chain_seq bigint not null,
  chain_head text collate "C" not null,
  engine_version text collate "C" not null,
  totals jsonb not null,
  constraint pk_period_close primary key (entity_id, period, ordinal),
  constraint ck_period_close_ordinal_counts_from_one check (ordinal >= 1),
  constraint ck_period_close_approved_by_another check (approved_by <> prepared_by),
  constraint ck_period_close_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$')
);

-- An approved reopening of one close.
create table records.period_reopening (
  entity_id integer not null,
  period text collate "C" not null,
  ordinal integer not null,
  reopened_at timestamptz not null,
  requested_by text collate "C" not null,
  approved_by text collate "C" not null,
  reason text collate "C" not null,
  constraint pk_period_reopening primary key (entity_id, period, ordinal),
  constraint ck_period_reopening_approved_by_another check (approved_by <> requested_by),
  constraint ck_period_reopening_reason_is_given check (reason <> '')
);

-- Names a version of a Delta table; only named versions are read.
create table records.lake_commit (
  id bigint generated always as identity,
  entity_id integer not null,
  lake_table text collate "C" not null,
  version bigint not null,
  batch text collate "C" not null,
  row_count bigint not null,
  totals jsonb not null,
  files jsonb not null,
  files_digest text collate "C" not null,
  recorded_at timestamptz not null,
  constraint pk_lake_commit primary key (id),
  constraint uq_lake_commit_entity_id_lake_table_version unique (entity_id, lake_table, version),
  constraint uq_lake_commit_entity_id_lake_table_batch unique (entity_id, lake_table, batch),
  constraint ck_lake_commit_row_count_is_positive check (row_count > 0)
);

-- Control totals of a file of usage.
create table records.usage_batch (
  entity_id integer not null,
  batch text collate "C" not null,
  name text collate "C" not null,
  recorded_at timestamptz not null,
  recorded_by text collate "C" not null,
  received_rows bigint not null,
  accepted_rows bigint not null,
  duplicate_rows bigint not null,
  quarantined_rows bigint not null,
  received_quantity numeric(38,9) not null,
  accepted_quantity numeric(38,9) not null,
  duplicate_quantity numeric(38,9) not null,
  quarantined_quantity numeric(38,9) not null,
  received_amount numeric(38,12) not null,
  accepted_amount numeric(38,12) not null,
  duplicate_amount numeric(38,12) not null,
  quarantined_amount numeric(38,12) not null,
  lake_version bigint,
  constraint pk_usage_batch primary key (entity_id, batch),
  constraint ck_usage_batch_rows_add_up check (
    received_rows = accepted_rows + duplicate_rows + quarantined_rows
  ),
  constraint ck_usage_batch_quantity_add_up check (
    received_quantity = accepted_quantity + duplicate_quantity + quarantined_quantity
  ),
  constraint ck_usage_batch_amount_add_up check (
    received_amount = accepted_amount + duplicate_amount + quarantined_amount
  )
);

-- A row of usage that was not accepted, and why.
create table records.quarantined_row (
  id bigint generated always as identity,
  entity_id integer not null,
  batch text collate "C" not null,
  row_number bigint not null,
  reason text collate "C" not null,
  message text collate "C" not null,
  usage_date date,
  payload jsonb not null,
  payload_digest text collate "C" not null,
  constraint pk_quarantined_row primary key (id)
);
create index ix_quarantined_row_entity_id_batch on records.quarantined_row (entity_id, batch);

-- What became of a quarantined row.
create table records.quarantine_resolution (
  entity_id integer not null,
  id bigint not null,
  resolved_at timestamptz not null,
  resolved_by text collate "C" not null,
  outcome text collate "C" not null,
  note text collate "C" not null,
  constraint pk_quarantine_resolution primary key (entity_id, id),
  constraint ck_quarantine_resolution_outcome_is_known check (outcome in ('released', 'rejected'))
);

-- Who did what to which thing, when.
create table records.audit_event (
  id bigint generated always as identity,
  entity_id integer not null,
  at timestamptz not null,
  actor text collate "C" not null,
  operation text collate "C" not null,
  subject text collate "C" not null,
  details jsonb not null,
  constraint pk_audit_event primary key (id)
);
create index ix_audit_event_entity_id_id on records.audit_event (entity_id, id);

-- The first answer to a request.
create table records.idempotent_answer (
  entity_id integer not null,
  key text collate "C" not null,
  request_digest text collate "C" not null,
  status integer not null,
  body text collate "C" not null,
  recorded_at timestamptz not null,
  constraint pk_idempotent_answer primary key (entity_id, key)
);

-- Where a period stands; the pins of a close in progress.
create table work.period (
  entity_id integer not null,
  period text collate "C" not null,
  status text collate "C" not null,
  pin_fact_seq bigint,
  pin_usage_version bigint,
  pin_known_at timestamptz,
  constraint pk_period primary key (entity_id, period),
  constraint ck_period_period_is_a_month check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  constraint ck_period_status_is_known check (status in ('open', 'closing', 'closed')),
  constraint ck_period_pinned_while_closing check (
    (status = 'closing') = (pin_fact_seq is not null)
    and (status = 'closing') = (pin_known_at is not null)
    and (status = 'closing' or pin_usage_version is null)
  )
);

-- A reporting entity; id is what entity_id is elsewhere.
create table work.entity (
  id integer not null,
  name text collate "C" not null,
  functional_currency text collate "C" not null,
  constraint pk_entity primary key (id)
);

