-- Exports and their documents are of a book: empty for the first, else the framework of the second.
alter table records.journal_export
  add column book text collate "C" not null default '';
alter table records.exported_document
  add column book text collate "C" not null default '';
