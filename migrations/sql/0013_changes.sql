-- A change of what is under control is a proposal too.
alter table records.proposal drop constraint ck_proposal_kind_is_known;
alter table records.proposal add constraint ck_proposal_kind_is_known
  check (kind in ('estimate', 'selling_prices', 'policy', 'misstatements', 'change'));
