-- Lines have their amount in the entity's functional currency too, where it is not their own.
alter table records.journal_line
  add column functional_currency text collate "C" not null default '',
  add column functional_amount bigint;

alter table records.journal_line
  drop constraint ck_journal_line_amount_is_not_zero,
  add constraint ck_journal_line_amount_is_not_zero
    check (amount <> 0 or coalesce(functional_amount, 0) <> 0),
  add constraint ck_journal_line_functional_amount_has_its_currency
    check ((functional_amount is null) = (functional_currency = ''));

create function records.check_functional() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  select entry_seq, max(functional_currency) as currency,
         coalesce(sum(functional_amount), 0) as difference into wrong
  from added group by entity_id, entry_seq
  having coalesce(sum(functional_amount), 0) <> 0 or count(distinct functional_currency) > 1
  order by entry_seq limit 1;
  if found then
    raise exception using
      errcode = 'RV002',
      message = format(
        'Entry %s is off by %s %s (minor units) in the functional currency.',
        wrong.entry_seq, wrong.difference, wrong.currency
      ),
      hint = 'An entry balances in the functional currency too, which all its lines or none have.';
  end if;
  return null;
end
$$;

create trigger check_functional after insert on records.journal_line
  referencing new table as added
  for each statement execute function records.check_functional();

revoke execute on function records.check_functional() from public;
grant execute on function records.check_functional() to revrec_app, revrec_bulk;
