-- People of an entity: who they are, what they may do there, how they prove it. Nobody is enrolled
-- at first, and names are taken at their word; from the first person on, the database holds every
-- row with a name in it to who acts (the setting revrec.actor) and to what they may do.

-- What each role may do: the one table of rights.
create table migrations.role_duty (
  role text collate "C" not null,
  duty text collate "C" not null,
  constraint pk_role_duty primary key (role, duty)
);
insert into migrations.role_duty (role, duty)
select role, unnest(string_to_array(duties, ' '))
from (values
  ('preparer', 'read record prepare'),
  ('approver', 'read approve'),
  ('controller', 'read approve control inspect'),
  ('auditor', 'read inspect'),
  ('administrator', 'inspect operate administer'),
  ('service', 'read record')
) as matrix (role, duties);

-- Duties that one person does not have together, unless somebody else answers for it.
create table migrations.duty_conflict (
  duty text collate "C" not null,
  other text collate "C" not null,
  constraint pk_duty_conflict primary key (duty, other)
);
insert into migrations.duty_conflict (duty, other) values
  ('record', 'approve'), ('record', 'control'),
  ('prepare', 'approve'), ('prepare', 'control'),
  ('administer', 'record'), ('administer', 'prepare'),
  ('administer', 'approve'), ('administer', 'control');
grant select on migrations.role_duty, migrations.duty_conflict
  to revrec_app, revrec_bulk, revrec_reader;

-- A person, or a program that acts by itself.
create table records.person (
  entity_id integer not null,
  name text collate "C" not null,
  kind text collate "C" not null,
  login text collate "C",
  enrolled_by text collate "C" not null,
  enrolled_at timestamptz not null,
  constraint pk_person primary key (entity_id, name),
  constraint uq_person_entity_id_login unique (entity_id, login),
  constraint ck_person_kind_is_known check (kind in ('person', 'service')),
  constraint ck_person_name_is_given check (name <> '')
);

-- A role given to a person, and its end.
create table records.role_grant (
  id bigint generated always as identity,
  entity_id integer not null,
  person text collate "C" not null,
  role text collate "C" not null,
  granted_by text collate "C" not null,
  granted_at timestamptz not null,
  reason text collate "C" not null,
  constraint pk_role_grant primary key (id)
);
create index ix_role_grant_entity_id_person on records.role_grant (entity_id, person);
create table records.role_end (
  entity_id integer not null,
  role_grant bigint not null,
  ended_by text collate "C" not null,
  ended_at timestamptz not null,
  reason text collate "C" not null,
  constraint pk_role_end primary key (entity_id, role_grant)
);

-- Somebody else answers for a person's conflicting duties, for a reason, until a day.
create table records.duty_exception (
  id bigint generated always as identity,
  entity_id integer not null,
  person text collate "C" not null,
  until date not null,
  accepted_by text collate "C" not null,
  accepted_at timestamptz not null,
  reason text collate "C" not null,
  constraint pk_duty_exception primary key (id),
  constraint ck_duty_exception_accepted_by_another check (accepted_by <> person),
  constraint ck_duty_exception_reason_is_given check (reason <> '')
);

-- A key by which a person proves who they are to a program, kept as its SHA-256, and its end.
-- duties narrows what the key is good for; without it, all that its person may do.
create table records.access_key (
  entity_id integer not null,
  id text collate "C" not null,
  person text collate "C" not null,
  digest text collate "C" not null,
  duties jsonb,
  issued_by text collate "C" not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  note text collate "C" not null,
  constraint pk_access_key primary key (entity_id, id),
  constraint uq_access_key_entity_id_digest unique (entity_id, digest),
  constraint ck_access_key_expires_later check (expires_at > issued_at)
);
create table records.access_key_end (
  entity_id integer not null,
  id bigint generated always as identity,
  access_key text collate "C" not null,
  ends_at timestamptz not null,
  ended_by text collate "C" not null,
  ended_at timestamptz not null,
  reason text collate "C" not null,
  constraint pk_access_key_end primary key (id)
);
create index ix_access_key_end_entity_id_access_key
  on records.access_key_end (entity_id, access_key);

-- One person's word on what another is going to do: that a period be closed, its cut-off moved, it
-- be reopened, a gate of it be waived. Good for the period's next certificate, ordinal, alone.
create table records.consent (
  id bigint generated always as identity,
  entity_id integer not null,
  period text collate "C" not null,
  ordinal integer not null,
  action text collate "C" not null,
  gate text collate "C" not null,
  given_by text collate "C" not null,
  given_at timestamptz not null,
  note text collate "C" not null,
  constraint pk_consent primary key (id),
  constraint ck_consent_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$'),
  constraint ck_consent_action_is_known
    check (action in ('close', 'soft_close', 'cut_off', 'reopen', 'waive')),
  constraint ck_consent_gate_if_waived check ((action = 'waive') = (gate <> ''))
);
create index ix_consent_entity_id_period on records.consent (entity_id, period);

create function records.acting() returns text language sql stable as $$
  select nullif(current_setting('revrec.actor', true), '')
$$;

create function records.is_enrolled(entity integer) returns boolean language sql stable as $$
  select exists (select from records.person where entity_id = entity)
$$;

create function records.duties(entity integer, who text) returns setof text
language sql stable as $$
  select distinct matrix.duty
  from records.role_grant as granted
  join migrations.role_duty as matrix on matrix.role = granted.role
  where granted.entity_id = entity and granted.person = who
    and not exists (
      select from records.role_end as ended
      where ended.entity_id = entity and ended.role_grant = granted.id
    )
$$;

-- Refuse a person who has none of the duties.
create function records.require_duty(entity integer, who text, needs text[]) returns void
language plpgsql stable as $$
begin
  if records.is_enrolled(entity)
    and not exists (select from records.duties(entity, who) as has where has = any(needs))
  then
    raise exception using
      errcode = 'RV011',
      message = format('%s may not %s in entity %s.', who, array_to_string(needs, ' or '), entity),
      hint = 'Have it done by ' || coalesce(
        (select string_agg(distinct role, ', ' order by role) from migrations.role_duty
         where duty = any(needs)), 'nobody'
      ) || '.';
  end if;
end
$$;

-- Refuse a name that is not the acting person's, and a person who has none of the duties.
create function records.require_person(entity integer, who text, needs text[]) returns void
language plpgsql stable as $$
begin
  if not records.is_enrolled(entity) then
    return;
  end if;
  if who is distinct from records.acting() then
    raise exception using
      errcode = 'RV011',
      message = format('%s acts and cannot sign as %s.', coalesce(records.acting(), 'Nobody'), who),
      hint = 'Have each person act as themselves.';
  end if;
  if cardinality(needs) > 0 then
    perform records.require_duty(entity, who, needs);
  end if;
end
$$;

-- Arguments: the column with the name, then the duties of which one is needed, if any.
create function records.check_person() returns trigger language plpgsql as $$
declare
  each record;
begin
  for each in execute format('select distinct entity_id, %I as who from added', tg_argv[0]) loop
    perform records.require_person(each.entity_id, each.who, tg_argv[1:]);
  end loop;
  return null;
end
$$;

-- Facts, and rows let out of quarantine, come from those who record or prepare. Who approves lets in
-- what another proposed or asked for, in the transaction of the approval and not otherwise.
create function records.check_recorded() returns trigger language plpgsql as $$
declare
  each record;
begin
  for each in execute format('select distinct entity_id, %I as who from added', tg_argv[0]) loop
    perform records.require_person(
      each.entity_id, each.who,
      case
        when exists (
          select from records.proposal_decision
          where entity_id = each.entity_id and approved_by = each.who and records.is_own_row(xmin)
        ) or exists (
          select from records.release_approval
          where entity_id = each.entity_id and approved_by = each.who and records.is_own_row(xmin)
        ) then '{approve}'
        else '{record,prepare}'
      end::text[]
    );
  end loop;
  return null;
end
$$;

-- Two people stand behind what one of them writes: the other has given their word on it before.
create function records.require_two(
  entity integer, of_period text, at_ordinal integer, what text, of_gate text,
  asked text, approved text
) returns void language plpgsql stable as $$
declare
  other text;
begin
  if not records.is_enrolled(entity) then
    return;
  end if;
  if records.acting() is distinct from asked and records.acting() is distinct from approved then
    raise exception using
      errcode = 'RV011',
      message = format(
        '%s acts and cannot sign for %s and %s.', coalesce(records.acting(), 'Nobody'),
        asked, approved
      ),
      hint = 'One of the two has to act.';
  end if;
  perform records.require_duty(entity, asked, '{prepare,approve,control}');
  perform records.require_duty(
    entity, approved,
    case when what in ('close', 'soft_close') then '{approve,control}' else '{control}' end::text[]
  );
  other := case when records.acting() = asked then approved else asked end;
  if not exists (
    select from records.consent
    where entity_id = entity and period = of_period and ordinal = at_ordinal and action = what
      and gate = of_gate and given_by = other
  ) then
    raise exception using
      errcode = 'RV012',
      message = format(
        '%s has not given their word on this: %s %s%s.', other, replace(what, '_', '-'), of_period,
        case when of_gate = '' then '' else ' ' || of_gate end
      ),
      hint = format('Have %s do so: `revrec consent`.', other);
  end if;
end
$$;

create function records.next_certificate(entity integer, of_period text) returns integer
language sql stable as $$
  select coalesce(max(ordinal), 0) + 1 from records.period_close
  where entity_id = entity and period = of_period
$$;

create function records.check_two_people() returns trigger language plpgsql as $$
declare
  of_close text;
begin
  if tg_table_name = 'period_close' then
    of_close := case
      when new.stage = 'hard' then 'close'
      when exists (
        select from records.period_close as before
        where before.entity_id = new.entity_id and before.period = new.period
          and before.ordinal = new.ordinal - 1 and before.stage = 'soft'
      ) then 'cut_off'
      else 'soft_close'
    end;
    perform records.require_two(
      new.entity_id, new.period, new.ordinal, of_close, '', new.prepared_by, new.approved_by
    );
  elsif tg_table_name = 'period_reopening' then
    perform records.require_two(
      new.entity_id, new.period, new.ordinal + 1, 'reopen', '', new.requested_by, new.approved_by
    );
  else
    perform records.require_two(
      new.entity_id, new.period, records.next_certificate(new.entity_id, new.period), 'waive',
      new.gate, new.requested_by, new.approved_by
    );
  end if;
  return null;
end
$$;

-- The first person of an entity enrols themselves and becomes its administrator; every other person
-- and role is given by an administrator, and conflicting duties only where an exception stands.
create function records.check_enrolment() returns trigger language plpgsql as $$
begin
  if exists (
    select from records.person where entity_id = new.entity_id and name <> new.name
  ) then
    perform records.require_person(new.entity_id, new.enrolled_by, '{administer}');
  elsif new.enrolled_by <> new.name or new.kind <> 'person' then
    raise exception using
      errcode = 'RV011',
      message = 'The first person of an entity enrols themselves, as its administrator.',
      hint = 'Begin with `revrec users begin`.';
  end if;
  return null;
end
$$;

create function records.check_grant() returns trigger language plpgsql as $$
declare
  conflict record;
begin
  if not exists (select from migrations.role_duty where role = new.role)
    or not exists (
      select from records.person
      where entity_id = new.entity_id and name = new.person
        and (kind = 'service') = (new.role = 'service')
    )
  then
    raise exception using
      errcode = 'RV013',
      message = format('%s cannot be %s.', new.person, new.role),
      hint = 'Enrol them first; a service is a service and a person is none.';
  end if;
  if exists (select from records.role_grant where entity_id = new.entity_id and id <> new.id) then
    perform records.require_person(new.entity_id, new.granted_by, '{administer}');
  elsif new.granted_by <> new.person or new.role <> 'administrator' then
    raise exception using
      errcode = 'RV011',
      message = 'The first role of an entity is that of its administrator.',
      hint = 'Begin with `revrec users begin`.';
  end if;
  select duty, other into conflict from migrations.duty_conflict
  where duty in (select records.duties(new.entity_id, new.person))
    and other in (select records.duties(new.entity_id, new.person))
  order by duty, other limit 1;
  if found and not exists (
    select from records.duty_exception
    where entity_id = new.entity_id and person = new.person
      and until >= (new.granted_at at time zone 'UTC')::date
  ) then
    raise exception using
      errcode = 'RV012',
      message = format(
        '%s as %s would both %s and %s.', new.person, new.role, conflict.duty, conflict.other
      ),
      hint = 'Have another person do one of them, or have a controller record an exception.';
  end if;
  return null;
end
$$;

-- A role is ended by an administrator or given up by whoever has it.
create function records.check_role_end() returns trigger language plpgsql as $$
declare
  of_person text;
begin
  select person into of_person from records.role_grant
  where entity_id = new.entity_id and id = new.role_grant;
  if of_person is null then
    raise exception using
      errcode = 'RV013',
      message = format('There is no grant %s.', new.role_grant),
      hint = 'See `revrec users list`.';
  end if;
  perform records.require_person(
    new.entity_id, new.ended_by,
    case when new.ended_by = of_person then '{}' else '{administer}' end::text[]
  );
  if not exists (
    select from records.person
    where entity_id = new.entity_id
      and 'administer' in (select records.duties(new.entity_id, name))
  ) then
    raise exception using
      errcode = 'RV012',
      message = format('%s is the last administrator.', of_person),
      hint = 'Make another person administrator first.';
  end if;
  return null;
end
$$;

-- A key is issued and ended by its own person or by an administrator; who gives themselves one has
-- been proven otherwise, by their login or another key.
create function records.check_key() returns trigger language plpgsql as $$
declare
  of_person text;
  by_person text;
begin
  if tg_table_name = 'access_key' then
    of_person := new.person;
    by_person := new.issued_by;
  else
    select person into of_person from records.access_key
    where entity_id = new.entity_id and id = new.access_key;
    by_person := new.ended_by;
  end if;
  if not exists (
    select from records.person where entity_id = new.entity_id and name = of_person
  ) then
    raise exception using
      errcode = 'RV013',
      message = 'A key is of a person who is enrolled.',
      hint = 'Enrol them first: `revrec users add`.';
  end if;
  perform records.require_person(
    new.entity_id, by_person, case when by_person = of_person then '{}' else '{administer}' end::text[]
  );
  return null;
end
$$;

create function work.check_entity() returns trigger language plpgsql as $$
begin
  perform records.require_duty(new.id, records.acting(), '{administer}');
  return null;
end
$$;
create trigger a_person after insert or update on work.entity
  for each row execute function work.check_entity();

revoke execute on all functions in schema records, work from public;
grant execute on all functions in schema work to revrec_app, revrec_bulk;
grant execute on all functions in schema records to revrec_app, revrec_bulk;
-- What only reads is for readers too.
grant execute on function
  records.is_enrolled(integer), records.duties(integer, text), records.acting(),
  records.next_certificate(integer, text)
  to revrec_reader;

create trigger a_enrolment after insert on records.person
  for each row execute function records.check_enrolment();
create trigger a_grant after insert on records.role_grant
  for each row execute function records.check_grant();
create trigger a_role_end after insert on records.role_end
  for each row execute function records.check_role_end();
create trigger a_key after insert on records.access_key
  for each row execute function records.check_key();
create trigger a_key after insert on records.access_key_end
  for each row execute function records.check_key();

-- Named so that they come before the other checks of a row.
do $$
declare
  guard record;
begin
  for guard in
    select * from (values
      ('records', 'journal_entry', 'check_person(''posted_by'', ''prepare'', ''approve'', ''control'')'),
      ('records', 'usage_count_batch', 'check_person(''recorded_by'', ''record'', ''prepare'')'),
      ('records', 'release_request', 'check_person(''requested_by'', ''prepare'')'),
      ('records', 'release_approval', 'check_person(''approved_by'', ''approve'')'),
      ('records', 'proposal', 'check_person(''prepared_by'', ''prepare'')'),
      ('records', 'proposal_decision', 'check_person(''approved_by'', ''approve'')'),
      ('records', 'task_evidence', 'check_person(''prepared_by'', ''prepare'')'),
      ('records', 'task_sign_off', 'check_person(''signed_by'', ''approve'')'),
      ('records', 'journal_export', 'check_person(''exported_by'', ''prepare'')'),
      ('records', 'posted_reference', 'check_person(''recorded_by'', ''record'', ''prepare'')'),
      ('records', 'duty_exception', 'check_person(''accepted_by'', ''control'')'),
      ('records', 'consent', 'check_person(''given_by'', ''prepare'', ''approve'', ''control'')'),
      ('records', 'audit_event', 'check_person(''actor'')'),
      ('facts', 'fact', 'check_recorded(''recorded_by'')'),
      ('records', 'usage_batch', 'check_recorded(''recorded_by'')'),
      ('records', 'quarantine_resolution', 'check_recorded(''resolved_by'')')
    ) as guards (of_schema, of_table, check_call)
  loop
    execute format(
      'create trigger a_person after insert on %I.%I referencing new table as added'
      ' for each statement execute function records.%s',
      guard.of_schema, guard.of_table, guard.check_call
    );
  end loop;
end
$$;
create trigger a_two_people after insert on records.period_close
  for each row execute function records.check_two_people();
create trigger a_two_people after insert on records.period_reopening
  for each row execute function records.check_two_people();
create trigger a_two_people after insert on records.gate_waiver
  for each row execute function records.check_two_people();

do $$
declare
  target text;
begin
  foreach target in array array[
    'person', 'role_grant', 'role_end', 'duty_exception', 'access_key', 'access_key_end', 'consent'
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
