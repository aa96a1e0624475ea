/** Several files, several problems, and what --strict refuses. */

import type { BadStackFiles } from './types.js';

export const SEVERAL: BadStackFiles = {
  'several files': [
    {
      name: 'versions that differ',
      files: {
        'a.yml': ['version: "3.7"', 'services:', '  web:', '    image: nginx'],
        'b.yml': ['version: "3.8"', 'services: {web: {image: redis}}'],
      },
      says: [
        'b.yml:1:10: version: files of different versions cannot be merged: 3.7 and 3.8',
        '  Remove "version" from all of them.',
      ],
    },
    {
      name: 'a mistake in the second',
      files: {
        'a.yml': ['services:', '  web:', '    image: nginx'],
        'b.yml': ['services:', '  web:', '    deploy: {replicas: many}'],
      },
      says: [
        'b.yml:3:24: services.web.deploy.replicas: must be a whole number, got "many"',
        '  Write digits without quotes: 2, for example.',
      ],
    },
    {
      name: 'a new service in the second without an image',
      files: {
        'a.yml': ['services:', '  web:', '    image: nginx'],
        'b.yml': ['services:', '  wbe:', '    command: run'],
      },
      says: ['b.yml:2:3: services.wbe: "image" is missing', '  Add "image:" here.'],
    },
    {
      name: 'an environment file that is not there',
      files: ['services:', '  web:', '    image: nginx', '    env_file: web.env'],
      says: [
        'stack.yml:4:15: services.web.env_file.0: there is no readable file /stack/web.env',
        '  Create it, or remove the entry.',
      ],
    },
    {
      name: 'an environment file that is wrong',
      files: {
        'a.yml': ['services:', '  web:', '    image: nginx', '    env_file: web.env'],
        '+web.env': ['A=1', 'B C=2'],
      },
      says: [
        'web.env:2:1: the variable name "B C" contains a blank',
        '  Write KEY=value, with nothing before the key and no blank in it.',
      ],
    },
    {
      name: 'an extended file that is not there',
      files: ['services:', '  web:', '    image: nginx', '    extends: {file: common.yml, service: base}'],
      says: [
        'stack.yml:4:21: services.web.extends.file: there is no readable file /stack/common.yml',
        '  Create it, or mend the path.',
      ],
    },
    {
      name: 'an extended service that is not there',
      files: {
        'a.yml': [
          'services:',
          '  web:',
          '    image: nginx',
          '    extends: {file: common.yml, service: bsae}',
        ],
        '+common.yml': ['services:', '  base: {image: x}'],
      },
      says: [
        'a.yml:4:42: services.web.extends: there is no service "bsae" in common.yml',
        '  Name one that is there.',
      ],
    },
    {
      name: 'services that extend each other',
      files: ['services:', '  a: {extends: b}', '  b: {extends: a}'],
      says: [
        'stack.yml:2:16: services.a.extends: goes round in a circle',
        '  Break it: stack.yml: a -> stack.yml: b -> stack.yml: a',
        'stack.yml:3:16: services.b.extends: goes round in a circle',
        '  Break it: stack.yml: b -> stack.yml: a -> stack.yml: b',
      ],
    },
    {
      name: 'an included file that is not there',
      files: ['include: [more.yml]', 'services:', '  web:', '    image: nginx'],
      says: [
        'stack.yml:1:11: include.0: there is no readable file /stack/more.yml',
        '  Create it, or mend the path.',
      ],
    },
    {
      name: 'an included file that is wrong',
      files: {
        'a.yml': ['include: [more.yml]', 'services:', '  web:', '    image: nginx'],
        '+more.yml': ['services:', '  db: {imgae: x}'],
      },
      says: [
        'more.yml:2:15: services.db.imgae: unknown key',
        '  Did you mean "image"?',
        'more.yml:2:3: services.db: "image" is missing',
        '  Add "image:" here.',
      ],
    },
    {
      name: 'an included service that is there already',
      files: {
        'a.yml': ['include: [more.yml]', 'services:', '  web:', '    image: nginx'],
        '+more.yml': ['services:', '  web: {image: x}'],
      },
      says: [
        'a.yml:3:3: services.web: more.yml, which is included, has it too',
        '  Rename one of them, or change the included one by a further file: -c FILE -c CHANGES.',
      ],
    },
  ],
  'several problems': [
    {
      name: 'all are said at once',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    hostname: 5',
        '    ports: ["x"]',
        '    deplyo: {}',
      ],
      says: [
        'stack.yml:5:13: services.web.ports.0: cannot read the port "x": "x" is no port and no range of ports',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
        'stack.yml:6:5: services.web.deplyo: unknown key',
        '  Did you mean "deploy"?',
      ],
    },
  ],
  strict: [
    {
      name: 'a top-level name',
      files: ['name: shop', 'services:', '  web:', '    image: nginx'],
      strict: true,
      says: ['stack.yml:1:7: name: unknown key in Compose 3', '  Without --strict it is taken.'],
    },
    {
      name: 'profiles',
      files: ['services:', '  web:', '    image: nginx', '    profiles: [debug]'],
      strict: true,
      says: [
        'stack.yml:4:5: services.web.profiles: unknown key in Compose 3',
        '  Without --strict it is taken.',
      ],
    },
    {
      name: 'a long dependency',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    depends_on: {db: {condition: service_healthy}}',
        '  db: {image: x}',
      ],
      strict: true,
      says: [
        'stack.yml:4:5: services.web.depends_on: must be a list, got {"db":{"condition":"service_healthy"}}',
        '  Without --strict it is taken.',
      ],
    },
    {
      name: 'content of a config',
      files: ['services:', '  web:', '    image: nginx', 'configs:', '  a: {content: hello}'],
      strict: true,
      says: [
        'stack.yml:5:16: configs.a.content: unknown key in Compose 3',
        '  Without --strict it is taken.',
      ],
    },
    {
      name: 'a variable in a default',
      files: ['services:', '  web:', '    image: ${A:-${B}}'],
      strict: true,
      says: [
        'stack.yml:3:12: services.web.image: a default cannot hold another variable: "${A:-${B}}"',
        '  Write the default out, or set the variable in the environment.',
      ],
    },
  ],
};
