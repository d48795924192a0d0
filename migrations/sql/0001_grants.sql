-- What each role may do. Nothing may be updated, deleted or truncated in facts and records.

grant usage on schema facts, records, work, migrations to revrec_app, revrec_bulk, revrec_reader;

grant select on all tables in schema facts, records, work, migrations
  to revrec_app, revrec_bulk, revrec_reader;
grant insert on all tables in schema facts, records, work to revrec_app, revrec_bulk;
grant update on all tables in schema work to revrec_app, revrec_bulk;

revoke execute on all functions in schema records, work from public;
grant execute on all functions in schema records, work to revrec_app, revrec_bulk;
