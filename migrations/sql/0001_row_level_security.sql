-- One entity does not see another's rows, whatever the statement. The setting is made with
-- SET LOCAL, so it ends with the transaction; unset or empty it gives no rows. The subquery makes
-- PostgreSQL read the setting once for each statement instead of once for each row.

do $$
declare
  target record;
begin
  for target in
    select columns.table_schema, columns.table_name, columns.column_name
    from information_schema.columns as columns
    where columns.table_schema in ('facts', 'records', 'work')
      and columns.column_name = case
        when (columns.table_schema, columns.table_name) = ('work', 'entity') then 'id'
        else 'entity_id'
      end
  loop
    execute format(
      'alter table %I.%I enable row level security', target.table_schema, target.table_name
    );
    execute format(
      'alter table %I.%I force row level security', target.table_schema, target.table_name
    );
    execute format(
      'create policy own_entity on %I.%I using (%I ='
      ' (select nullif(current_setting(''revrec.entity_id'', true), '''')::int))',
      target.table_schema, target.table_name, target.column_name
    );
  end loop;
end
$$;
