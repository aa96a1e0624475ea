/** What is no YAML, no variable, or has not the form of a stack file. */

import type { BadStackFiles } from './types.js';

export const FORM: BadStackFiles = {
  YAML: [
    {
      name: 'a tab as indentation',
      files: ['services:', '  web:', '	image: nginx'],
      says: ['stack.yml:3:1: a tab indents this line', '  Indent with blanks.'],
    },
    {
      name: 'a quote that is never closed',
      files: ['services:', '  web:', '    image: "nginx'],
      says: [
        'stack.yml:4:1: a quote is never closed',
        '  Close it; it may stand some lines above this place.',
      ],
    },
    {
      name: 'an indentation that fits no level',
      files: ['services:', '  web:', '      image: nginx', '    ports: []'],
      says: [
        'stack.yml:4:1: all mapping items must start at the same column',
        '  Give the keys of one mapping, and the entries of one list, the same indentation.',
      ],
    },
    {
      name: 'a list bracket that is never closed',
      files: ['services:', '  web:', '    image: nginx', '    ports: [80, 81'],
      says: ['stack.yml:5:1: a bracket is never closed, or what is in it not indented', '  Close it with ].'],
    },
    {
      name: 'a key twice',
      files: ['services:', '  web:', '    image: nginx', '    image: redis'],
      says: [
        'stack.yml:4:5: "image" is given twice',
        '  Remove one of the two, or put both contents under one.',
      ],
    },
    {
      name: 'a colon in plain text',
      files: ['services:', '  web:', '    image: nginx', '    command: echo a: b'],
      says: ['stack.yml:4:14: a second ": " in one line', '  Quote the text if the colon belongs to it.'],
    },
    {
      name: 'an anchor that is not there',
      files: ['services:', '  web:', '    image: nginx', '    environment: *common'],
      says: [
        'stack.yml:4:18: there is no anchor &common before this',
        '  Put &common at what is meant, above this line.',
      ],
    },
    {
      name: 'a merge of what is no mapping',
      files: ['x-a: &a [1]', 'services:', '  web:', '    image: nginx', '    labels:', '      <<: *a'],
      says: [
        'stack.yml:6:7: only a mapping, or an alias of one, can be merged with <<',
        '  Write "<<: *NAME", where &NAME stands at a mapping.',
      ],
    },
    {
      name: 'a list at the top',
      files: ['- web', '- db'],
      says: ['stack.yml:1:1: the top of a stack file must be a mapping', '  Start with "services:".'],
    },
    {
      name: 'text at the top',
      files: ['just text'],
      says: ['stack.yml:1:1: the top of a stack file must be a mapping', '  Start with "services:".'],
    },
    {
      name: 'nothing at all',
      files: [],
      says: ['stack.yml: the file is empty', '  A stack file needs at least "services:".'],
    },
    {
      name: 'comments alone',
      files: ['# nothing yet'],
      says: ['stack.yml: the file is empty', '  A stack file needs at least "services:".'],
    },
    {
      name: 'a number as a key',
      files: ['services:', '  web:', '    image: nginx', '    environment:', '      1: x'],
      says: ['stack.yml:5:7: the key 1 must be text', '  Quote it: "1":'],
    },
  ],
  variables: [
    {
      name: 'a dollar sign by itself',
      files: ['services:', '  web:', '    image: nginx', '    command: echo $'],
      says: [
        'stack.yml:4:14: services.web.command: invalid interpolation format: "echo $"',
        '  Write ${NAME}, or $$ for a dollar sign that should stay.',
      ],
    },
    {
      name: 'an expression of a shell',
      files: ['services:', '  web:', '    image: nginx', '    command: echo $(date)'],
      says: [
        'stack.yml:4:14: services.web.command: invalid interpolation format: "echo $(date)"',
        '  Write ${NAME}, or $$ for a dollar sign that should stay.',
      ],
    },
    {
      name: 'a brace that is never closed',
      files: ['services:', '  web:', '    image: "nginx:${TAG"'],
      says: [
        'stack.yml:3:12: services.web.image: invalid interpolation format: "nginx:${TAG"',
        '  Write ${NAME}, or $$ for a dollar sign that should stay.',
      ],
    },
    {
      name: 'a required variable',
      files: ['services:', '  web:', '    image: "nginx:${TAG:?give the tag to deploy}"'],
      says: [
        'stack.yml:3:12: services.web.image: required variable TAG is missing a value: give the tag to deploy',
        '  Set it in the environment: export TAG=…',
      ],
    },
    {
      name: 'a required variable without a message',
      files: ['services:', '  web:', '    image: "nginx:${TAG?}"'],
      says: [
        'stack.yml:3:12: services.web.image: required variable TAG is missing a value',
        '  Set it in the environment: export TAG=…',
      ],
    },
    {
      name: 'a number from a variable that is none',
      files: ['services:', '  web:', '    image: nginx', '    deploy:', '      replicas: ${HOST}'],
      says: [
        'stack.yml:5:17: services.web.deploy.replicas: must be a whole number, got "localhost"',
        '  The value comes from a variable: look at what it is set to.',
      ],
    },
  ],
  structure: [
    {
      name: 'no services',
      files: ['version: "3.8"', 'networks: {}'],
      says: ['stack.yml:1:1: "services" is missing', '  Add "services:" here.'],
    },
    {
      name: 'services without one',
      files: ['services: {}'],
      says: ['stack.yml:1:1: services: there is no service', '  Add at least one service.'],
    },
    {
      name: 'a list of services',
      files: ['services:', '  - web'],
      says: [
        'stack.yml:1:1: services: must be a mapping, got ["web"]',
        '  Put "key: value" on lines below it.',
      ],
    },
    {
      name: 'a service that is text',
      files: ['services:', '  web: nginx'],
      says: [
        'stack.yml:2:8: services.web: must be a mapping, got "nginx"',
        '  Put "key: value" on lines below it.',
      ],
    },
    {
      name: 'a service of nothing',
      files: ['services:', '  web:'],
      says: [
        'stack.yml:2:7: services.web: must be a mapping, got null',
        '  Put "key: value" on lines below it.',
      ],
    },
    {
      name: 'a service without an image',
      files: ['services:', '  web:', '    command: run'],
      says: ['stack.yml:2:3: services.web: "image" is missing', '  Add "image:" here.'],
    },
    {
      name: 'a service that is to be built',
      files: ['services:', '  web:', '    build: .'],
      says: ['stack.yml:2:3: services.web: "image" is missing', '  Add "image:" here.'],
    },
    {
      name: 'a misspelt key of the file',
      files: ['services:', '  web: {image: nginx}', 'network:', '  a: {}'],
      says: ['stack.yml:3:1: network: unknown key', '  Did you mean "networks"?'],
    },
    {
      name: 'a misspelt key of a service',
      files: ['services:', '  web:', '    image: nginx', '    enviroment:', '      A: b'],
      says: ['stack.yml:4:5: services.web.enviroment: unknown key', '  Did you mean "environment"?'],
    },
    {
      name: 'a misspelt key of deploy',
      files: ['services:', '  web:', '    image: nginx', '    deploy:', '      replica: 2'],
      says: ['stack.yml:5:16: services.web.deploy.replica: unknown key', '  Did you mean "replicas"?'],
    },
    {
      name: 'a key at the wrong level',
      files: ['services:', '  web:', '    image: nginx', '    replicas: 2'],
      says: [
        'stack.yml:4:15: services.web.replicas: unknown key',
        '  Look whether it belongs to another level, or begin it with "x-" for a note of your own.',
      ],
    },
    {
      name: 'an unknown key that is like none',
      files: ['services:', '  web:', '    image: nginx', '    frobnicate: true'],
      says: [
        'stack.yml:4:17: services.web.frobnicate: unknown key',
        '  Look whether it belongs to another level, or begin it with "x-" for a note of your own.',
      ],
    },
    {
      name: 'a version that is not supported',
      files: ['version: "2.4"', 'services:', '  web: {image: nginx}'],
      says: [
        'stack.yml:1:10: version: unsupported Compose file version: "2.4"',
        '  Remove "version", or write one from "3.0" to "3.13".',
      ],
    },
    {
      name: 'a service name with a blank',
      files: ['services:', '  "my web": {image: nginx}'],
      says: [
        'stack.yml:2:3: services.my web: "my web" is no service name',
        '  Use letters, digits, "_" and "-", and end with a letter or digit.',
      ],
    },
    {
      name: 'an image in capitals',
      files: ['services:', '  web: {image: NGINX}'],
      says: [
        'stack.yml:2:16: services.web.image: "NGINX" is no image',
        '  Write NAME, NAME:TAG or HOST/NAME:TAG, the name in small letters.',
      ],
    },
  ],
};
