-- A compaction's commit names the files whose rows it wrote anew; other commits replace none.
alter table records.lake_commit
  add column replaced jsonb not null default '[]';
alter table records.lake_commit
  alter column replaced drop default;
