-- The tables of the examples.
create type mood as enum ('glad', 'sad');
create table public.people (
  id bigserial primary key,
  name text not null unique,
  age int,
  balance numeric(10, 2) not null default 0,
  mood mood not null default 'glad',
  tags text[] not null default '{}'::text[],
  data jsonb,
  created timestamptz not null default now()
);
create index people_by_age on people (age desc);
create table visits (person bigint not null references people (id) on delete cascade, at timestamptz not null);
insert into people (name, age, balance, created) values
  ('Ada', 36, 10.5, '2026-01-02T03:04:05Z'), ('Alan', 41, 0, '2026-02-02T03:04:05Z'), ('Grace', null, 3, '2026-03-02T03:04:05Z');
insert into visits values (1, '2026-05-01T00:00:00Z'), (1, '2026-05-02T00:00:00Z');
