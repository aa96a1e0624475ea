import { describe, expect, it } from 'vitest';
import { parseCommand } from './args.js';
import { LabUsageError } from './errors.js';

describe('a command line', () => {
  it.each([
    ['up', { verb: 'up', name: undefined, nodes: undefined, engine: undefined }],
    ['up --nodes 3 --engine 26 --name e2e', { verb: 'up', name: 'e2e', nodes: 3, engine: '26' }],
    ['down', { verb: 'down', name: undefined, purge: false, all: false }],
    ['down --purge --all', { verb: 'down', name: undefined, purge: true, all: true }],
    ['status', { verb: 'status', name: undefined }],
    ['env --name=e2e', { verb: 'env', name: 'e2e' }],
    ['images', { verb: 'images', name: undefined }],
    ['node cut 2', { verb: 'node', name: undefined, action: 'cut', index: 2 }],
    ['', { verb: 'help' }],
    ['--help', { verb: 'help' }],
  ])('"%s" is understood', (line, command) => {
    expect(parseCommand(line.split(' ').filter(Boolean))).toEqual(command);
  });

  it.each([
    ['updown', 'no command "updown"'],
    ['up --nodes 0', 'from 1 to'],
    ['up --nodes 99', 'from 1 to'],
    ['up --nodes two', 'not "two"'],
    ['up --nodes 1.5', 'not "1.5"'],
    ['up --engine 19', 'is 20 or 26'],
    ['up now', 'takes no argument "now"'],
    ['up --purge', 'takes no --purge'],
    ['up --colour', "'--colour'"],
    ['up --name Up', 'is no name'],
    ['node', 'node stop|start|cut|heal'],
    ['node break 2', 'node stop|start|cut|heal'],
    ['node stop two', 'node stop|start|cut|heal'],
    ['node stop 1 2', 'node stop|start|cut|heal'],
  ])('"%s" is refused', (line, message) => {
    const parse = (): unknown => parseCommand(line.split(' '));
    expect(parse).toThrow(LabUsageError);
    expect(parse).toThrow(message);
  });
});
