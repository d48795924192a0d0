-- Periods are months, or weeks named by fiscal year: FY2026-P03. Once a period is closed or being
-- closed, the entity's calendar makes no others.
alter table records.journal_entry
  drop constraint ck_journal_entry_period_is_a_month,
  add constraint ck_journal_entry_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table records.journal_entry
  drop constraint ck_journal_entry_origin_is_a_month,
  add constraint ck_journal_entry_origin_is_a_period
    check (origin ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table records.period_close
  drop constraint ck_period_close_period_is_a_month,
  add constraint ck_period_close_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table work.period
  drop constraint ck_period_period_is_a_month,
  add constraint ck_period_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table records.journal_export
  drop constraint ck_journal_export_period_is_a_month,
  add constraint ck_journal_export_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table records.exported_document
  drop constraint ck_exported_document_period_is_a_month,
  add constraint ck_exported_document_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table records.gate_waiver
  drop constraint ck_gate_waiver_period_is_a_month,
  add constraint ck_gate_waiver_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');

alter table records.task_evidence
  drop constraint ck_task_evidence_period_is_a_month,
  add constraint ck_task_evidence_period_is_a_period
    check (period ~ '^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$');


create function facts.check_calendar() returns trigger language plpgsql as $$
declare
  before jsonb;
begin
  select body into before from facts.fact
  where entity_id = new.entity_id and kind = new.kind and key = new.key and seq <> new.seq
  order by version desc limit 1;
  before := coalesce(before, '{}') - '{effective_from,reason}'::text[];
  if before = new.body - '{effective_from,reason}'::text[]
    -- Left out, the pattern is months, whose periods are the same whenever the year ends.
    or not (before ? 'pattern' or new.body ? 'pattern')
  then
    return null;
  end if;
  if exists (select from records.period_close where entity_id = new.entity_id)
    or exists (select from work.period where entity_id = new.entity_id and status = 'closing')
  then
    raise exception using
      errcode = 'RV005',
      message = 'Periods were closed by another calendar.',
      hint = 'Keep it; close by the new one in the books of another entity.';
  end if;
  return null;
end
$$;

-- After the row, so that row-level security has had its say first.
create trigger check_calendar after insert on facts.fact
  for each row when (new.kind = 'fiscal_calendar') execute function facts.check_calendar();
