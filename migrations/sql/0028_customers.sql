-- Customers are listed and read by themselves, however many contracts there are. A column, because
-- under row-level security PostgreSQL uses no index on what it has to look up in a document.
alter table facts.fact add column customer text collate "C"
  generated always as (case when kind = 'contract' then body ->> 'customer' end) stored;
create index ix_fact_entity_id_customer_key on facts.fact (entity_id, customer, key)
  where customer is not null;
