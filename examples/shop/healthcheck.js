// For images without a shell; see healthcheck.sh, which costs a fraction of the processor time.
import { get } from 'node:http';

const request = get(
  { host: '127.0.0.1', port: process.env.PORT || 3000, path: '/health', timeout: 2000 },
  (response) => process.exit(response.statusCode === 200 ? 0 : 1),
);
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));
