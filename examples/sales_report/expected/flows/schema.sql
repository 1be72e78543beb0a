create table regions (
    name text primary key,
    manager text not null,
    target numeric(12, 2) not null
);

create table orders (
    number bigint primary key,
    ordered_on date not null,
    region text not null references regions (name),
    customer text not null,
    amount numeric(12, 2) not null check (amount >= 0)
);

create index orders_by_day on orders (ordered_on);

insert into regions (name, manager, target) values
    ('north', 'Ingrid Solberg', 1000),
    ('south', 'Paulo Ferreira', 800),
    ('west', 'Aoife Byrne', 500);
