/** Ports and volumes. */

import type { BadStackFiles } from './types.js';

export const PLACES: BadStackFiles = {
  ports: [
    {
      name: 'a port above 65535',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["80800:80"]'],
      says: [
        'stack.yml:4:13: services.web.ports.0: cannot read the port "80800:80": "80800" is no port and no range of ports',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'a port of nothing',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["8080:"]'],
      says: [
        'stack.yml:4:13: services.web.ports.0: cannot read the port "8080:": it names no port of the container',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'ranges of unequal length',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["8000-8005:80-82"]'],
      says: [
        'stack.yml:4:13: services.web.ports.0: cannot read the port "8000-8005:80-82": its two ranges differ in length',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'a range backwards',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["82-80:82-80"]'],
      says: [
        'stack.yml:4:13: services.web.ports.0: cannot read the port "82-80:82-80": "82-80" is no port and no range of ports',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'an unknown protocol',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["53:53/dns"]'],
      says: [
        'stack.yml:4:13: services.web.ports.0: cannot read the port "53:53/dns": the protocol is none of tcp, udp, sctp',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'a long port without a target',
      files: ['services:', '  web:', '    image: nginx', '    ports: [{published: 80}]'],
      says: ['stack.yml:4:13: services.web.ports.0: "target" is missing', '  Add "target:" here.'],
    },
    {
      name: 'a port twice',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["80:80", "80:80"]'],
      says: [
        'stack.yml:4:22: services.web.ports.1: "80:80" is in this list already',
        '  Remove one of the two.',
        'stack.yml:4:5: services.web.ports: port 80/tcp is published twice',
        '  Publish it once.',
      ],
    },
    {
      name: 'an address that is none',
      files: ['services:', '  web:', '    image: nginx', '    ports: ["localhost:80:80"]'],
      says: [
        'stack.yml:4:13: services.web.ports.0: cannot read the port "localhost:80:80": "localhost" is no address',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
  ],
  volumes: [
    {
      name: 'a volume that is not declared',
      files: ['services:', '  web:', '    image: nginx', '    volumes: ["data:/data"]'],
      says: [
        'stack.yml:4:15: services.web.volumes.0: there is no volume "data" in this file',
        '  Declare it under the top-level "volumes:".',
      ],
    },
    {
      name: 'a volume that is declared under a similar name',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    volumes: ["dat:/data"]',
        'volumes:',
        '  data: {}',
      ],
      says: [
        'stack.yml:4:15: services.web.volumes.0: there is no volume "dat" in this file',
        '  Did you mean "data"?',
      ],
    },
    {
      name: 'a mount without a target',
      files: ['services:', '  web:', '    image: nginx', '    volumes: ["data:"]'],
      says: [
        'stack.yml:4:15: services.web.volumes.0: cannot read the volume "data:": a part between colons is empty',
        '  Write "name:/path", "./directory:/path" or "/path", with ":ro" at the end for read-only.',
      ],
    },
    {
      name: 'a mount with too many parts',
      files: ['services:', '  web:', '    image: nginx', '    volumes: ["/a:/b:ro:z:x"]'],
      says: [
        'stack.yml:4:15: services.web.volumes.0: cannot read the volume "/a:/b:ro:z:x": it has too many colons',
        '  Write "name:/path", "./directory:/path" or "/path", with ":ro" at the end for read-only.',
      ],
    },
    {
      name: 'a type of a mount that is none',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    volumes: [{type: bnd, source: /a, target: /b}]',
      ],
      says: [
        'stack.yml:4:22: services.web.volumes.0.type: must be one of volume, bind, tmpfs, npipe, image, cluster, got "bnd"',
        '  Did you mean "bind"?',
      ],
    },
    {
      name: 'a bind mount without a source',
      files: ['services:', '  web:', '    image: nginx', '    volumes: [{type: bind, target: /b}]'],
      says: [
        'stack.yml:4:15: services.web.volumes.0: "source" is missing',
        '  Add "source:" with a path on the node.',
      ],
    },
    {
      name: 'two mounts on one path',
      files: ['services:', '  web:', '    image: nginx', '    volumes: ["/a:/data", "/b:/data"]'],
      says: [
        'stack.yml:4:27: services.web.volumes.1: there is a mount at "/data" already',
        '  Give one of the two another target.',
      ],
    },
    {
      name: 'an external volume with a driver',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        'volumes:',
        '  data: {external: true, driver: local}',
      ],
      says: ['stack.yml:5:34: volumes.data.driver: contradicts "external"', '  Remove one of the two.'],
    },
  ],
};
