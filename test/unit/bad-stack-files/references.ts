/** What refers to something that is not there, or contradicts it. */

import type { BadStackFiles } from './types.js';

export const REFERENCES: BadStackFiles = {
  references: [
    {
      name: 'a network that is not declared',
      files: ['services:', '  web:', '    image: nginx', '    networks: [front]'],
      says: [
        'stack.yml:4:16: services.web.networks.front: there is no network "front" in this file',
        '  Declare it under the top-level "networks:".',
      ],
    },
    {
      name: 'a network that is declared under a similar name',
      files: ['services:', '  web:', '    image: nginx', '    networks: [fornt]', 'networks:', '  front: {}'],
      says: [
        'stack.yml:4:16: services.web.networks.fornt: there is no network "fornt" in this file',
        '  Did you mean "front"?',
      ],
    },
    {
      name: 'a secret that is not declared',
      files: ['services:', '  web:', '    image: nginx', '    secrets: [password]'],
      says: [
        'stack.yml:4:15: services.web.secrets.0: there is no secret "password" in this file',
        '  Declare it under the top-level "secrets:".',
      ],
    },
    {
      name: 'a config that is not declared',
      files: ['services:', '  web:', '    image: nginx', '    configs: [{source: settings, target: /etc/x}]'],
      says: [
        'stack.yml:4:15: services.web.configs.0: there is no config "settings" in this file',
        '  Declare it under the top-level "configs:".',
      ],
    },
    {
      name: 'a config without a source',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    configs: [{target: /etc/x}]',
        'configs:',
        '  settings: {file: ./x}',
      ],
      says: ['stack.yml:4:15: services.web.configs.0: "source" is missing', '  Add "source:" here.'],
    },
    {
      name: 'two secrets with one target',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    secrets: [a, {source: b, target: a}]',
        'secrets:',
        '  a: {file: ./a}',
        '  b: {file: ./b}',
      ],
      says: [
        'stack.yml:4:18: services.web.secrets.1: "a" is the target of two',
        '  Give one another "target:".',
      ],
    },
    {
      name: 'a config with an unknown template driver',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        'configs:',
        '  a: {file: ./a, template_driver: jinja}',
      ],
      says: ['stack.yml:5:35: configs.a.template_driver: must be one of golang, got "jinja"'],
    },
  ],
  dependencies: [
    {
      name: 'a condition that is none',
      files: ['services:', '  a: {image: x, depends_on: {b: {condition: healthy}}}', '  b: {image: x}'],
      says: [
        'stack.yml:2:45: services.a.depends_on.b.condition: must be one of service_started, service_healthy, service_completed_successfully, got "healthy"',
      ],
    },
  ],
  labels: [
    {
      name: 'a policy on the container',
      files: ['services:', '  web:', '    image: nginx', '    labels: {scalectl.min: "2"}'],
      says: [
        'stack.yml:4:28: services.web.labels.scalectl.min: a policy belongs to the service, not to its containers',
        '  Move it to services.web.deploy.labels.',
      ],
    },
  ],
};
