import { isUnavailable, transaction } from './database.js';
import { HttpError } from './http.js';

/**
 * What the shop does with its data. Reads go to the replica, writes to the primary.
 *
 * @param {{ primary: import('pg').Pool, replica: import('pg').Pool }} pools
 */
export function createShop({ primary, replica }) {
  /**
   * One read. While no replica answers, the primary does: slower is better than closed. The server itself is asked
   * what it is, so that the header which says where an answer came from cannot be wrong.
   *
   * @param {string} sql
   * @param {unknown[]} values
   * @param {import('pg').Pool} [pool]
   */
  async function read(sql, values, pool = replica) {
    const text = `select pg_is_in_recovery() as standby, t.* from (values (1)) as one left join lateral (${sql}) as t on true`;
    const result = await pool.query(text, values).catch((/** @type {unknown} */ error) => {
      if (pool === primary || !isUnavailable(error)) throw error;
      return primary.query(text, values);
    });
    // The left join gives one row of nulls where there is nothing: it carries the answer to "who are you?".
    const from = result.rows[0].standby ? 'replica' : 'primary';
    const rows = result.rows.filter((row) => row.id !== null).map(({ standby, ...row }) => row);
    return { rows, from };
  }

  return {
    async products() {
      const { rows, from } = await read(
        'select id, name, price_cents, stock from products order by id limit 100',
        [],
      );
      return { value: rows, from };
    },

    /** @param {number} id */
    async product(id) {
      const { rows, from } = await read('select id, name, price_cents, stock from products where id = $1', [
        id,
      ]);
      return { value: rows[0] ?? null, from };
    },

    /**
     * @param {number} id
     * @param {{ consistent: boolean }} options  consistent: ask the primary, which knows every order at once
     */
    async order(id, { consistent }) {
      const { rows, from } = await read(
        'select * from orders where id = $1',
        [id],
        consistent ? primary : replica,
      );
      return { value: rows[0] ?? null, from };
    },

    /**
     * @param {number} productId
     * @param {number} quantity
     */
    placeOrder(productId, quantity) {
      return transaction(primary, async (client) => {
        const taken = await client.query(
          'update products set stock = stock - $2 where id = $1 and stock >= $2 returning price_cents',
          [productId, quantity],
        );
        if (taken.rowCount === 0) {
          const { rowCount } = await client.query('select 1 from products where id = $1', [productId]);
          throw rowCount === 0
            ? new HttpError(404, `no product ${productId}`)
            : new HttpError(409, `not enough of product ${productId} in stock`);
        }
        const { rows } = await client.query(
          'insert into orders (product_id, quantity, total_cents) values ($1, $2, $3) returning id, status, total_cents',
          [productId, quantity, quantity * taken.rows[0].price_cents],
        );
        return rows[0];
      });
    },

    /** @param {number[]} ids */
    async markQueued(ids) {
      await primary.query('update orders set queued_at = now() where id = any($1)', [ids]);
    },

    /**
     * Orders that should be in the queue and are not: Redis was away after the order was written, or it lost its
     * last second in a crash. `queueIsEmpty` separates the second case from orders that are merely waiting.
     *
     * @param {{ queueIsEmpty: boolean }} options
     * @returns {Promise<number[]>}
     */
    async forgottenOrders({ queueIsEmpty }) {
      const { rows } = await primary.query(
        `select id from orders
          where status = 'pending' and created_at < now() - interval '10 seconds'
            and (queued_at is null or ($1 and queued_at < now() - interval '60 seconds'))
          order by created_at limit 500`,
        [queueIsEmpty],
      );
      return rows.map((row) => row.id);
    },

    /**
     * Idempotent, because a job may come twice.
     *
     * @param {number} id
     * @param {string} worker
     * @returns {Promise<boolean>} whether there is such an order
     */
    async processOrder(id, worker) {
      const { rowCount } = await primary.query(
        `update orders set status = 'processed', processed_by = $2, processed_at = now()
          where id = $1 and status = 'pending'`,
        [id, worker],
      );
      if (rowCount === 1) return true;
      const { rowCount: known } = await primary.query('select 1 from orders where id = $1', [id]);
      return known === 1;
    },
  };
}
