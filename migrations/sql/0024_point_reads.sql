-- A contract is read by itself, whatever there is beside it: its facts in order, what is told of no
-- contract, costs that several share, and what was known at a moment.
create index ix_fact_entity_id_contract_seq on facts.fact (entity_id, contract, seq);
create index ix_fact_entity_id_recorded_at_seq on facts.fact (entity_id, recorded_at, seq);
create index ix_fact_of_none on facts.fact (entity_id, seq) where contract is null;
create index ix_fact_shared on facts.fact (entity_id, seq)
  where kind = 'contract_cost' and body ? 'shared';
drop index facts.ix_fact_entity_id_contract;
