-- Entries are of a book: empty for the first, else the framework of the one kept beside it.
alter table records.journal_entry
  add column book text collate "C" not null default '';
