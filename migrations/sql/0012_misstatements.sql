-- What becomes of errors of earlier periods is proposed by one person and decided by another.
alter table records.proposal
  drop constraint ck_proposal_kind_is_known,
  add constraint ck_proposal_kind_is_known
    check (kind in ('estimate', 'selling_prices', 'policy', 'misstatements'));
