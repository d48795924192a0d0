-- Control totals of a batch by usage day, whatever became of the rows, and the rules it was
-- judged by. A day that cannot be read has a row of its own, without a date.
create table records.usage_batch_day (
  id bigint generated always as identity,
  entity_id integer not null,
  batch text collate "C" not null,
  usage_date date,
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
  constraint pk_usage_batch_day primary key (id),
  constraint uq_usage_batch_day_entity_id_batch_usage_date
    unique nulls not distinct (entity_id, batch, usage_date),
  constraint ck_usage_batch_day_rows_add_up check (
    received_rows = accepted_rows + duplicate_rows + quarantined_rows
  ),
  constraint ck_usage_batch_day_quantity_add_up check (
    received_quantity = accepted_quantity + duplicate_quantity + quarantined_quantity
  ),
  constraint ck_usage_batch_day_amount_add_up check (
    received_amount = accepted_amount + duplicate_amount + quarantined_amount
  )
);
create index ix_usage_batch_day_entity_id_usage_date
  on records.usage_batch_day (entity_id, usage_date);

create trigger append_only before update or delete or truncate on records.usage_batch_day
  for each statement execute function records.refuse_change();
alter table records.usage_batch_day enable row level security;
alter table records.usage_batch_day force row level security;
create policy own_entity on records.usage_batch_day using (
  entity_id = (select nullif(current_setting('revrec.entity_id', true), '')::int)
);
grant select on records.usage_batch_day to revrec_app, revrec_bulk, revrec_reader;
grant insert on records.usage_batch_day to revrec_app, revrec_bulk;

-- None for batches from before rules were recorded here.
alter table records.usage_batch add column rules text collate "C";
