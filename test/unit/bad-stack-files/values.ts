/** Values of the wrong type, and values that nothing can be made of. */

import type { BadStackFiles } from './types.js';

export const VALUES: BadStackFiles = {
  types: [
    {
      name: 'a list where text is needed',
      files: ['services:', '  web:', '    image: nginx', '    hostname: [a, b]'],
      says: ['stack.yml:4:5: services.web.hostname: must be text, got ["a","b"]'],
    },
    {
      name: 'text where a list is needed',
      files: ['services:', '  web:', '    image: nginx', '    cap_add: NET_ADMIN'],
      says: [
        'stack.yml:4:14: services.web.cap_add: must be a list, got "NET_ADMIN"',
        '  Put each entry on a line with "- ".',
      ],
    },
    {
      name: 'text where a mapping is needed',
      files: ['services:', '  web:', '    image: nginx', '    deploy: 3'],
      says: [
        'stack.yml:4:13: services.web.deploy: must be a mapping, got 3',
        '  Put "key: value" on lines below it.',
      ],
    },
    {
      name: 'a flag in quotes',
      files: ['services:', '  web:', '    image: nginx', '    init: "yes"'],
      says: [
        'stack.yml:4:11: services.web.init: must be true or false, got "yes"',
        '  Write it without quotes: true or false.',
      ],
    },
    {
      name: 'a number in quotes',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {replicas: "two"}'],
      says: [
        'stack.yml:4:24: services.web.deploy.replicas: must be a whole number, got "two"',
        '  Write digits without quotes: 2, for example.',
      ],
    },
    {
      name: 'a fraction of a replica',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {replicas: 1.5}'],
      says: [
        'stack.yml:4:24: services.web.deploy.replicas: must be a whole number, got 1.5',
        '  Write digits without quotes: 2, for example.',
      ],
    },
    {
      name: 'fewer than no replicas',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {replicas: -1}'],
      says: ['stack.yml:4:24: services.web.deploy.replicas: must be from 0 to 1000000, got -1'],
    },
    {
      name: 'a list of mappings as environment',
      files: ['services:', '  web:', '    image: nginx', '    environment:', '      - A: b'],
      says: ['stack.yml:5:9: services.web.environment.0: must be text, got {"A":"b"}'],
    },
    {
      name: 'a mapping in a mapping of environment',
      files: ['services:', '  web:', '    image: nginx', '    environment:', '      A: {b: c}'],
      says: ['stack.yml:5:7: services.web.environment.A: must be text or a number, got {"b":"c"}'],
    },
    {
      name: 'a command of mappings',
      files: ['services:', '  web:', '    image: nginx', '    command: [{a: b}]'],
      says: ['stack.yml:4:15: services.web.command.0: must be text, got {"a":"b"}'],
    },
  ],
  values: [
    {
      name: 'a mode that is misspelt',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {mode: globl}'],
      says: [
        'stack.yml:4:20: services.web.deploy.mode: must be one of replicated, global, replicated-job, global-job, got "globl"',
        '  Did you mean "global"?',
      ],
    },
    {
      name: 'an endpoint mode that is none',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {endpoint_mode: lvs}'],
      says: ['stack.yml:4:29: services.web.deploy.endpoint_mode: must be one of vip, dnsrr, got "lvs"'],
    },
    {
      name: 'replicas of a global service',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {mode: global, replicas: 2}'],
      says: [
        'stack.yml:4:38: services.web.deploy.replicas: a global service has one task per node, not a number of replicas',
        '  Remove "replicas", or use "mode: replicated".',
      ],
    },
    {
      name: 'an update order that is none',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {update_config: {order: start-last}}'],
      says: [
        'stack.yml:4:37: services.web.deploy.update_config.order: must be one of stop-first, start-first, got "start-last"',
        '  Did you mean "start-first"?',
      ],
    },
    {
      name: 'a failure action that is none',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    deploy: {update_config: {failure_action: stop}}',
      ],
      says: [
        'stack.yml:4:46: services.web.deploy.update_config.failure_action: must be one of pause, continue, rollback, got "stop"',
      ],
    },
    {
      name: 'a restart condition from compose',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {restart_policy: {condition: always}}'],
      says: [
        'stack.yml:4:42: services.web.deploy.restart_policy.condition: must be one of none, on-failure, any, got "always"',
      ],
    },
    {
      name: 'a constraint without an operator',
      files: [
        'services:',
        '  web:',
        '    image: nginx',
        '    deploy: {placement: {constraints: [node.role manager]}}',
      ],
      says: [
        'stack.yml:4:40: services.web.deploy.placement.constraints.0: cannot read the constraint "node.role manager"',
        '  Write "node.role == worker" or "node.labels.zone != east", for example.',
      ],
    },
    {
      name: 'a duration without a unit',
      files: ['services:', '  web:', '    image: nginx', '    stop_grace_period: 10'],
      says: [
        'stack.yml:4:24: services.web.stop_grace_period: must be a duration, got 10',
        '  Write it with a unit: "500ms", "30s", "1m30s".',
      ],
    },
    {
      name: 'a duration in words',
      files: ['services:', '  web:', '    image: nginx', '    healthcheck: {test: x, interval: ten seconds}'],
      says: [
        'stack.yml:4:38: services.web.healthcheck.interval: must be a duration, got "ten seconds"',
        '  Write it with a unit: "500ms", "30s", "1m30s".',
      ],
    },
    {
      name: 'a duration below nothing',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {update_config: {delay: -5s}}'],
      says: [
        'stack.yml:4:37: services.web.deploy.update_config.delay: must be a duration, got "-5s"',
        '  Write it with a unit: "500ms", "30s", "1m30s".',
      ],
    },
    {
      name: 'a size that is none',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {resources: {limits: {memory: 1X}}}'],
      says: [
        'stack.yml:4:43: services.web.deploy.resources.limits.memory: must be a size, got "1X"',
        '  Write it with a unit: "64M", "1G".',
      ],
    },
    {
      name: 'less memory than Swarm takes',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {resources: {limits: {memory: 1M}}}'],
      says: ['stack.yml:4:43: services.web.deploy.resources.limits.memory: must be at least 4M, got "1M"'],
    },
    {
      name: 'cores in words',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {resources: {limits: {cpus: half}}}'],
      says: [
        'stack.yml:4:41: services.web.deploy.resources.limits.cpus: must be a number of cores, got "half"',
        '  Write it as text: "0.5".',
      ],
    },
    {
      name: 'cores below nothing',
      files: ['services:', '  web:', '    image: nginx', '    deploy: {resources: {limits: {cpus: "-1"}}}'],
      says: [
        'stack.yml:4:41: services.web.deploy.resources.limits.cpus: must be a number of cores, got "-1"',
        '  Write it as text: "0.5".',
      ],
    },
    {
      name: 'a quote in a command that is never closed',
      files: ['services:', '  web:', '    image: nginx', "    command: sh -c 'echo hello"],
      says: [
        "stack.yml:4:14: services.web.command: a quote is never closed: sh -c 'echo hello",
        '  Close it, or write the command as a list.',
      ],
    },
  ],
  'health check': [
    {
      name: 'a test and its being off',
      files: ['services:', '  web:', '    image: nginx', '    healthcheck: {test: "true", disable: true}'],
      says: [
        'stack.yml:4:5: services.web.healthcheck: "disable" and "test" exclude each other',
        '  Remove one of the two.',
      ],
    },
    {
      name: 'retries in words',
      files: ['services:', '  web:', '    image: nginx', '    healthcheck: {test: "true", retries: three}'],
      says: ['stack.yml:4:42: services.web.healthcheck.retries: must be a number, got "three"'],
    },
    {
      name: 'an interval without a unit',
      files: ['services:', '  web:', '    image: nginx', '    healthcheck: {test: "true", interval: 30}'],
      says: [
        'stack.yml:4:43: services.web.healthcheck.interval: must be a duration, got 30',
        '  Write it with a unit: "500ms", "30s", "1m30s".',
      ],
    },
    {
      name: 'a start period that is too short',
      files: ['services:', '  web:', '    image: nginx', '    healthcheck: {test: "true", interval: 100us}'],
      says: [
        'stack.yml:4:43: services.web.healthcheck.interval: must be at least 1ms',
        '  Write "1s", for example.',
      ],
    },
  ],
};
