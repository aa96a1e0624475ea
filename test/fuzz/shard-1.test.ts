import { fuzzShard } from './shard.js';

fuzzShard(0, 2);
