-- Before the first migration, and harmless after it. Runs as the login of the owner's URL, which
-- must own the database or be a superuser.
--
--   revrec_owner   owns every table; migrations run as this role
--   revrec_app     the service: adds facts and records, changes only what is in work
--   revrec_bulk    bulk loads: like revrec_app, a name of its own for limits and monitoring
--   revrec_reader  auditors and reports: reads
--
-- None of them can log in. A login is granted membership and takes the role on connecting
-- (libpq option -c role=revrec_app), so what the service may do does not depend on who owns the
-- login: with a superuser's URL too, statements run without a superuser's rights.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['revrec_owner', 'revrec_app', 'revrec_bulk', 'revrec_reader'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then
        null; -- another database of this server is being migrated at the same time
      end;
    end if;
    if not pg_has_role(current_user, wanted, 'set') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
  execute format(
    'grant connect, create, temporary on database %I to revrec_owner', current_database()
  );
  execute format(
    'grant connect, temporary on database %I to revrec_app, revrec_bulk, revrec_reader',
    current_database()
  );
end
$$;

create schema if not exists migrations authorization revrec_owner;
