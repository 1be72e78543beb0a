create table people (id bigserial primary key, name text not null, age int, created timestamptz not null default now());
create table visits (person bigint references people (id), at timestamptz not null);
