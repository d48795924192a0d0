-- Findings of checks: each cause once, and everything that happens to it. Nothing is changed; where a
-- finding stands follows from its events.
create table records.finding (
  entity_id integer not null,
  id text collate "C" not null,
  check_name text collate "C" not null,
  reason text collate "C" not null,
  contract text collate "C" not null,
  subject text collate "C" not null,
  customer text collate "C" not null,
  currency text collate "C" not null,
  constraint pk_finding primary key (entity_id, id)
);

-- The amount is that of the currency, or of units of a meter where there is none. Above what one
-- person may resolve alone, the resolution names who asked for it.
create table records.finding_event (
  id bigint generated always as identity,
  entity_id integer not null,
  finding text collate "C" not null,
  action text collate "C" not null,
  at timestamptz not null,
  acted_by text collate "C" not null,
  amount numeric(38,9) not null,
  since date not null,
  first_period text collate "C" not null,
  owner text collate "C" not null,
  due_on date,
  note text collate "C" not null,
  prepared_by text collate "C" not null,
  alone_max numeric(38,9),
  constraint pk_finding_event primary key (id),
  constraint ck_finding_event_action_is_known check (
    action in ('raised', 'changed', 'cleared', 'recurred', 'assigned', 'accepted', 'started',
               'noted', 'proposed', 'resolved', 'reopened')
  ),
  constraint ck_finding_event_resolved_by_two check (
    action <> 'resolved' or (
      prepared_by <> '' and alone_max is not null
      and (prepared_by <> acted_by or abs(amount) <= alone_max)
    )
  )
);
create index ix_finding_event_entity_id_finding on records.finding_event (entity_id, finding);

-- Checks raise and clear; what people do takes people's duties, and a resolution in another's name
-- that other's request.
create function records.check_finding_event() returns trigger language plpgsql as $$
begin
  if not exists (
    select from records.finding where entity_id = new.entity_id and id = new.finding
  ) then
    raise exception using
      errcode = 'RV014', message = format('There is no finding %s.', new.finding);
  end if;
  if records.is_enrolled(new.entity_id)
    and new.action not in ('raised', 'changed', 'cleared', 'recurred')
  then
    perform records.require_duty(
      new.entity_id, new.acted_by,
      case when new.action = 'resolved' and new.prepared_by <> new.acted_by
           then '{approve,control}' else '{prepare,approve,control}' end::text[]
    );
  end if;
  if new.action = 'resolved' and new.prepared_by <> new.acted_by and not exists (
    select from records.finding_event
    where entity_id = new.entity_id and finding = new.finding and action = 'proposed'
      and acted_by = new.prepared_by
  ) then
    raise exception using
      errcode = 'RV014',
      message = format('%s did not ask that %s be resolved.', new.prepared_by, new.finding),
      hint = 'Name who asked for it.';
  end if;
  return null;
end
$$;
revoke execute on function records.check_finding_event() from public;
grant execute on function records.check_finding_event() to revrec_app, revrec_bulk;
create trigger a_person after insert on records.finding_event referencing new table as added
  for each statement execute function
    records.check_person('acted_by', 'record', 'prepare', 'approve', 'control');
create trigger check_event after insert on records.finding_event
  for each row execute function records.check_finding_event();

do $$
declare
  target text;
begin
  foreach target in array array['finding', 'finding_event'] loop
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
