/**
 * A list in Redis from which no job is lost.
 *
 *     jobs ──BLMOVE──▶ jobs:processing:<worker> ──LREM──▶ done
 *      ▲                        │
 *      └──── given back ────────┘   by the worker itself when it stops, by any other when its heartbeat is gone
 *
 * A job is always in exactly one list, so a worker that dies loses none. It may be done twice (the worker died
 * after the work and before LREM): what a job does has to bear that.
 *
 * New jobs enter on the left, work is taken from the right, and what is given back goes to the right: it is next.
 */
export class JobQueue {
  #redis;
  #blocking;
  #own;
  #id;
  #heartbeatMs;
  /** Set when a take failed on the way: the job may already be in our list without us knowing. */
  #unsure = false;

  /**
   * @param {import('ioredis').Redis} redis
   * @param {object} options
   * @param {string} options.key
   * @param {string} [options.id]                         of this worker; producers need none
   * @param {import('ioredis').Redis} [options.blocking]  a connection of its own: BLMOVE keeps it busy
   * @param {number} [options.heartbeatMs]
   */
  constructor(redis, { key, id = '', blocking, heartbeatMs = 5000 }) {
    this.key = key;
    this.#redis = redis;
    this.#blocking = blocking;
    this.#id = id;
    this.#own = this.#processing(id);
    this.#heartbeatMs = heartbeatMs;
  }

  /** @param {string} id */
  #processing(id) {
    return `${this.key}:processing:${id}`;
  }

  /** @param {object[]} jobs */
  async push(...jobs) {
    await this.#redis.lpush(this.key, ...jobs.map((job) => JSON.stringify(job)));
  }

  /**
   * The next job, or `null` after about a second without one.
   *
   * @returns {Promise<string | null>}
   */
  async take() {
    if (!this.#blocking) throw new Error('this queue was opened for producing only');
    if (this.#unsure) {
      await this.giveBack();
      this.#unsure = false;
    }
    try {
      return await this.#blocking.blmove(this.key, this.#own, 'RIGHT', 'LEFT', 1);
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
  }

  /** @param {string} job */
  async done(job) {
    await this.#redis.lrem(this.#own, 1, job);
  }

  /** Puts a job that can never succeed aside, where a person can look at it. @param {string} job */
  async bury(job) {
    const dead = `${this.key}:dead`;
    await this.#redis.multi().lrem(this.#own, 1, job).lpush(dead, job).ltrim(dead, 0, 999).exec();
  }

  /**
   * Moves every job that `id` holds back to the queue.
   *
   * @param {string} [id]
   * @returns {Promise<number>} how many
   */
  async giveBack(id = this.#id) {
    let moved = 0;
    while ((await this.#redis.lmove(this.#processing(id), this.key, 'RIGHT', 'RIGHT')) !== null) moved++;
    return moved;
  }

  /** Tells the others that this worker lives. To be called every `heartbeatMs`. */
  async beat() {
    await this.#redis
      .multi()
      .sadd(`${this.key}:workers`, this.#id)
      .set(`${this.key}:alive:${this.#id}`, '1', 'PX', this.#heartbeatMs * 3)
      .exec();
  }

  /**
   * Gives back the jobs of workers whose heartbeat is gone. Several workers may do this at once: each move is atomic.
   *
   * @returns {Promise<number>} how many jobs were saved
   */
  async recover() {
    let saved = 0;
    for (const id of await this.#redis.smembers(`${this.key}:workers`)) {
      if (id === this.#id || (await this.#redis.exists(`${this.key}:alive:${id}`))) continue;
      saved += await this.giveBack(id);
      await this.#redis.srem(`${this.key}:workers`, id);
    }
    return saved;
  }

  /** The last act of a worker. */
  async leave() {
    const returned = await this.giveBack();
    await this.#redis
      .multi()
      .srem(`${this.key}:workers`, this.#id)
      .del(`${this.key}:alive:${this.#id}`)
      .exec();
    return returned;
  }
}
