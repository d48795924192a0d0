-- Facts and records are only ever added to. Missing grants refuse the service; these triggers
-- refuse the owner and a superuser too, unless triggers are switched off, which the chain shows.

create function records.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception using
    errcode = 'RV001',
    message = format('%s.%s is append-only: %s refused.', tg_table_schema, tg_table_name, tg_op),
    hint = 'Add a correcting row instead.';
end
$$;

do $$
declare
  target record;
begin
  for target in
    select schemaname, tablename from pg_tables where schemaname in ('facts', 'records')
  loop
    execute format(
      'create trigger append_only before update or delete or truncate on %I.%I'
      ' for each statement execute function records.refuse_change()',
      target.schemaname, target.tablename
    );
  end loop;
end
$$;
