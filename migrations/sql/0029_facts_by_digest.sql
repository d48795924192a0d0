-- A fact is found by its digest or how it begins.
create index ix_fact_entity_id_digest on facts.fact (entity_id, digest text_pattern_ops);
