-- What callers of the service used of the requests they may make. It is of no entity and of no
-- record: when the server crashes it is empty again, and it is in no backup.
create schema edge;
create unlogged table edge.request_rate (
  caller text collate "C" not null,
  -- When the caller may again make as many requests in one go as anybody: the further ahead, the
  -- more were made (the generic cell rate algorithm, a token bucket of one column).
  full_at timestamptz not null,
  constraint pk_request_rate primary key (caller)
);
create index ix_request_rate_full_at on edge.request_rate (full_at);
grant usage on schema edge to revrec_app;
grant select, insert, update, delete on edge.request_rate to revrec_app;
