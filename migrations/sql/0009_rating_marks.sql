-- How far counted usage was rated: what has changed since is all that is rated anew.
create table records.rating_mark (
  id bigint generated always as identity,
  entity_id integer not null,
  counted_version bigint not null,
  fact_seq bigint not null,
  rated_through date not null,
  zone text collate "C" not null,
  engine_version text collate "C" not null,
  unpriced jsonb not null,
  marked_at timestamptz not null,
  constraint pk_rating_mark primary key (id),
  constraint ck_rating_mark_versions_are_not_negative
    check (counted_version >= 0 and fact_seq >= 0)
);
create index ix_rating_mark_entity_id_id on records.rating_mark (entity_id, id);

create trigger append_only before update or delete or truncate on records.rating_mark
  for each statement execute function records.refuse_change();
alter table records.rating_mark enable row level security;
alter table records.rating_mark force row level security;
create policy own_entity on records.rating_mark using (entity_id =
  (select nullif(current_setting('revrec.entity_id', true), '')::int));
grant select on records.rating_mark to revrec_app, revrec_bulk, revrec_reader;
grant insert on records.rating_mark to revrec_app, revrec_bulk;
