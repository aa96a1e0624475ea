/** How dockerode is told to reach an Engine. */

import type Docker from 'dockerode';
import type { Endpoint } from './endpoint.js';
import { sshAgent } from './ssh.js';

/**
 * Every field is given, also the absent ones: docker-modem fills what is missing from its own reading of
 * DOCKER_HOST, which may name another Engine than the one that was asked for.
 */
export function dockerOptions(endpoint: Endpoint): Docker.DockerOptions {
  const none = { host: undefined, port: undefined, socketPath: undefined };
  switch (endpoint.kind) {
    case 'unix':
      return { ...none, protocol: 'http', socketPath: endpoint.socketPath };
    case 'ssh':
      return {
        ...none,
        protocol: 'http',
        host: 'docker',
        agent: sshAgent(endpoint.destination, endpoint.port),
      } as unknown as Docker.DockerOptions;
    case 'tcp': {
      const { tls } = endpoint;
      return {
        ...none,
        protocol: tls === null ? 'http' : 'https',
        host: endpoint.host,
        port: endpoint.port,
        ...(tls !== null && {
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          ...(!tls.verify && { checkServerIdentity: () => undefined }),
        }),
      } as unknown as Docker.DockerOptions;
    }
  }
}
