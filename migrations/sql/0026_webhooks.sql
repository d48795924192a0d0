-- Telling others what happened. An event is written in the transaction of what it tells of, with
-- its place in the queue of each endpoint that wants it; nobody wants it, nothing is written.
create table records.webhook_endpoint (
  entity_id integer not null,
  id text collate "C" not null,
  url text collate "C" not null,
  kinds jsonb not null,
  -- Whole percents of a commitment or of credits; crossing one is an event.
  thresholds jsonb not null,
  note text collate "C" not null,
  created_by text collate "C" not null,
  created_at timestamptz not null,
  constraint pk_webhook_endpoint primary key (entity_id, id)
);

-- Secrets are not kept: each follows from the service's own, the endpoint and the generation. The
-- one before goes on signing beside the new one until old_until.
create table records.webhook_rotation (
  entity_id integer not null,
  endpoint text collate "C" not null,
  generation integer not null,
  old_until timestamptz not null,
  rotated_by text collate "C" not null,
  rotated_at timestamptz not null,
  constraint pk_webhook_rotation primary key (entity_id, endpoint, generation),
  constraint ck_webhook_rotation_generation_follows check (generation >= 2)
);
create table records.webhook_end (
  entity_id integer not null,
  endpoint text collate "C" not null,
  ended_by text collate "C" not null,
  ended_at timestamptz not null,
  reason text collate "C" not null,
  constraint pk_webhook_end primary key (entity_id, endpoint)
);

-- The id follows from what happened: the same is told once. The body is signed as it stands here.
create table records.webhook_event (
  entity_id integer not null,
  id text collate "C" not null,
  kind text collate "C" not null,
  subject text collate "C" not null,
  at timestamptz not null,
  body text collate "C" not null,
  constraint pk_webhook_event primary key (entity_id, id)
);

-- The log: each time an event was sent, and what came of it.
create table records.webhook_attempt (
  id bigint generated always as identity,
  entity_id integer not null,
  endpoint text collate "C" not null,
  event text collate "C" not null,
  at timestamptz not null,
  -- HTTP status, if there was an answer; else why there was none.
  status integer,
  error text collate "C" not null,
  milliseconds integer not null,
  constraint pk_webhook_attempt primary key (id)
);
create index ix_webhook_attempt_entity_id_endpoint_event
  on records.webhook_attempt (entity_id, endpoint, event);

-- The queue: where each event stands with each endpoint.
create table work.webhook_delivery (
  entity_id integer not null,
  endpoint text collate "C" not null,
  event text collate "C" not null,
  state text collate "C" not null,
  -- Since it was asked for, first or by replaying it.
  attempts integer not null,
  next_at timestamptz not null,
  constraint pk_webhook_delivery primary key (entity_id, endpoint, event),
  constraint ck_webhook_delivery_state_is_known
    check (state in ('pending', 'delivered', 'given_up'))
);
create index ix_webhook_delivery_entity_id_state_next_at
  on work.webhook_delivery (entity_id, state, next_at);

-- Where data of the books goes is for who administers to say.
create trigger a_person after insert on records.webhook_endpoint referencing new table as added
  for each statement execute function records.check_person('created_by', 'administer');
create trigger a_person after insert on records.webhook_rotation referencing new table as added
  for each statement execute function records.check_person('rotated_by', 'administer');
create trigger a_person after insert on records.webhook_end referencing new table as added
  for each statement execute function records.check_person('ended_by', 'administer');

do $$
declare
  target text;
begin
  foreach target in array array[
    'webhook_endpoint', 'webhook_rotation', 'webhook_end', 'webhook_event', 'webhook_attempt'
  ] loop
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
alter table work.webhook_delivery enable row level security;
alter table work.webhook_delivery force row level security;
create policy own_entity on work.webhook_delivery using (entity_id =
  (select nullif(current_setting('revrec.entity_id', true), '')::int));
grant select on work.webhook_delivery to revrec_app, revrec_bulk, revrec_reader;
grant insert, update on work.webhook_delivery to revrec_app, revrec_bulk;
