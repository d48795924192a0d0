-- What moves many contracts at once is changed by two people once a period was closed (250-10-45-1),
-- whatever program writes: such a fact comes with the decision of a proposal that tells it, word for
-- word and by somebody else, in its transaction. The policy that counts is the one in force before.
create function records.check_change() returns trigger language plpgsql as $$
declare
  told constant jsonb := new.body || jsonb_build_object('kind', new.kind);
begin
  if records.is_trial()
    or not exists (select from records.period_close where entity_id = new.entity_id)
    or (
      select body -> 'elections' -> 'change_control' ->> 'value' from facts.fact
      where entity_id = new.entity_id and kind = 'policy' and not records.is_own_row(xmin)
      order by version desc limit 1
    ) = 'one_person'
    or new.key = coalesce(new.body ->> 'id', new.kind) and exists (
      select from records.proposal_decision as decided
      join records.proposal as proposed using (entity_id, id)
      where decided.entity_id = new.entity_id and decided.outcome = 'approved'
        and decided.approved_by = new.recorded_by and proposed.prepared_by <> new.recorded_by
        and told in (select jsonb_array_elements(proposed.facts))
        and records.is_own_row(decided.xmin)
    )
  then
    return null;
  end if;
  raise exception using
    errcode = 'RV012',
    message = format('Periods are closed: %s %s can only be changed by two people.', new.kind, new.key),
    hint = 'Propose it with `revrec propose`; another person decides of it.';
end
$$;
revoke execute on function records.check_change() from public;
grant execute on function records.check_change() to revrec_app, revrec_bulk;
create trigger a_change after insert on facts.fact
  for each row when (
    new.kind in (
      'policy', 'product', 'standalone_selling_price', 'rate_card', 'account_mapping',
      'fiscal_calendar', 'entity_currencies', 'second_book'
    )
  ) execute function records.check_change();
