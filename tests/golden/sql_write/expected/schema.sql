create table accounts (id int primary key, owner text not null, balance numeric not null check (balance >= 0));
create table log (id int generated always as identity primary key, what text not null, at timestamptz not null default now());
insert into accounts values (1, 'Ada', 100), (2, 'Alan', 0);
