/**
 * ioredis, for loading on demand. A file of its own, because names can be taken from a CommonJS package by a static
 * import alone once it is bundled.
 */

export { Redis } from 'ioredis';
