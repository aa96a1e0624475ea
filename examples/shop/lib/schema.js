import { transaction } from './database.js';

/** Any number will do, as long as all replicas of this application use the same. */
const LOCK = 7_305_221;

const MIGRATIONS = [
  `create table products (
     id          bigint primary key generated always as identity,
     name        text not null unique,
     price_cents integer not null check (price_cents >= 0),
     stock       integer not null check (stock >= 0)
   );
   create table orders (
     id           bigint primary key generated always as identity,
     product_id   bigint not null references products,
     quantity     integer not null check (quantity > 0),
     total_cents  bigint not null,
     status       text not null default 'pending' check (status in ('pending', 'processed')),
     created_at   timestamptz not null default now(),
     queued_at    timestamptz,
     processed_at timestamptz,
     processed_by text
   );
   create index orders_pending on orders (created_at) where status = 'pending';
   insert into products (name, price_cents, stock) values
     ('Anchor, brass', 4900, 1000000), ('Bell, ship''s', 7900, 1000000), ('Block, single', 1450, 1000000),
     ('Chart, North Sea', 2200, 1000000), ('Cleat, oak', 650, 1000000), ('Compass, pocket', 5900, 1000000),
     ('Fender, rope', 1900, 1000000), ('Lamp, storm', 3400, 1000000), ('Line, 20 m', 1250, 1000000),
     ('Oar, ash', 8800, 1000000), ('Shackle, bow', 480, 1000000), ('Telescope', 12900, 1000000);`,
];

/**
 * Brings the schema up to date. All replicas start at once and all of them call this: the lock lets one do the work
 * while the others wait, and because it belongs to the transaction a replica that dies releases it.
 *
 * @param {import('pg').Pool} primary
 * @returns {Promise<number>} how many migrations were applied
 */
export function migrate(primary) {
  return transaction(primary, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migrations (version integer primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query('select coalesce(max(version), 0) as version from migrations');
    const done = rows[0].version;
    for (let version = done + 1; version <= MIGRATIONS.length; version++) {
      await client.query(MIGRATIONS[version - 1]);
      await client.query('insert into migrations (version) values ($1)', [version]);
    }
    return MIGRATIONS.length - done;
  });
}
