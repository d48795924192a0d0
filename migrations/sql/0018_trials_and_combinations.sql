-- What facts would do is seen by recording them and taking them back: whoever may read the books may
-- try so. What is recorded under the setting revrec.trial cannot be committed.
create function records.is_trial() returns boolean language sql stable as $$
  select coalesce(current_setting('revrec.trial', true), '') = 'on'
$$;
create function records.refuse_trial() returns trigger language plpgsql as $$
begin
  raise exception using
    errcode = 'RV001',
    message = 'A fact that was recorded as a trial is not kept.',
    hint = 'Record it without the setting revrec.trial.';
end
$$;
create constraint trigger a_trial after insert on facts.fact
  deferrable initially deferred
  for each row when (current_setting('revrec.trial', true) = 'on')
  execute function records.refuse_trial();

create or replace function records.check_recorded() returns trigger language plpgsql as $$
declare
  each record;
begin
  if tg_table_name = 'fact' and records.is_trial() then
    return null;
  end if;
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

-- Contracts are combined, or a proposal to combine them refused, on two people's word (606-10-25-9):
-- such a fact comes with the decision of a proposal, in its transaction, once people are enrolled.
create function records.check_combination() returns trigger language plpgsql as $$
begin
  if records.is_enrolled(new.entity_id) and not records.is_trial() and not exists (
    select from records.proposal_decision
    where entity_id = new.entity_id and approved_by = records.acting() and records.is_own_row(xmin)
  ) then
    raise exception using
      errcode = 'RV012',
      message = format('The combination %s needs another person.', new.key),
      hint = 'Propose it with `revrec propose`; another person decides of it.';
  end if;
  return null;
end
$$;
revoke execute on function
  records.check_combination(), records.refuse_trial(), records.is_trial() from public;
grant execute on function
  records.check_combination(), records.refuse_trial(), records.is_trial()
  to revrec_app, revrec_bulk;
create trigger a_combination after insert on facts.fact
  for each row when (new.kind = 'combination') execute function records.check_combination();
