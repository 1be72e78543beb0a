-- The tables. `catalyst build` holds every statement against them; the embedded database is made of them.
create table notes (
  id bigserial primary key,
  title text not null,
  body text not null default '',
  tag text not null default 'inbox',
  created timestamptz not null default now()
);
create index notes_by_tag on notes (tag, created);
