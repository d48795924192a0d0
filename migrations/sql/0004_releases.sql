-- Quarantined rows whose release needs two people: one asks, another approves.

-- A request to release rows, with what it would let into the ledger.
create table records.release_request (
  id bigint generated always as identity,
  entity_id integer not null,
  batch text collate "C" not null,
  released jsonb not null,
  corrections jsonb not null,
  amounts jsonb not null,
  note text collate "C" not null,
  requested_at timestamptz not null,
  requested_by text collate "C" not null,
  constraint pk_release_request primary key (id)
);

-- The approval of a request; the rows were released with it. It names who asked as the request
-- does, so that nobody approves their own by naming another.
create table records.release_approval (
  entity_id integer not null,
  request bigint not null,
  requested_by text collate "C" not null,
  approved_by text collate "C" not null,
  approved_at timestamptz not null,
  constraint pk_release_approval primary key (entity_id, request),
  constraint ck_release_approval_approved_by_another check (approved_by <> requested_by)
);

create function records.check_release_approval() returns trigger language plpgsql as $$
begin
  perform from records.release_request
  where entity_id = new.entity_id and id = new.request and requested_by = new.requested_by;
  if not found then
    raise exception using
      errcode = 'RV008',
      message = format(
        'Release %s was not requested by %s.', new.request, new.requested_by
      ),
      hint = 'Approve it as the request has it.';
  end if;
  return null;
end
$$;

-- After the row, so that row-level security has had its say first.
create trigger check_release_approval after insert on records.release_approval
  for each row execute function records.check_release_approval();
revoke execute on function records.check_release_approval() from public;
grant execute on function records.check_release_approval() to revrec_app, revrec_bulk;

do $$
declare
  target text;
begin
  foreach target in array array['release_request', 'release_approval'] loop
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
