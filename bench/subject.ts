/** What is timed inside this process, bundled in the same way as scalectl itself. */

export { EngineReader } from '../src/signals/engine-reader.js';
export { sampleOnce, summariseUsage } from '../src/signals/service-usage.js';
export { usageQueries, UsageSampler } from '../src/signals/usage.js';
export { connectEngine } from '../src/swarm/dockerode.js';
export { convertStack } from '../src/stack/convert.js';
export { loadStack } from '../src/stack/load.js';
