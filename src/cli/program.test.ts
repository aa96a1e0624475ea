import { describe, expect, it } from 'vitest';
import { rejectionOf } from '../../test/support/errors.js';
import type { Context } from './context.js';
import { runProgram } from './program.js';
import { COMMANDS } from './table-of-commands.js';

async function run(...argv: string[]): Promise<string> {
  let written = '';
  await runProgram(argv, {
    version: '1.2.3',
    write: (text) => {
      written += text;
    },
    context: (): Context => {
      throw new Error('no command is to run here');
    },
  });
  return written;
}

describe('a wrong command line', () => {
  it.each<[string[], string, string]>([
    [['stauts'], "unknown command 'stauts'", 'Did you mean "status"?'],
    [['frobnicate'], "unknown command 'frobnicate'", 'See: scalectl --help'],
    [['help', 'depoly'], "unknown command 'depoly'", 'Did you mean "deploy"?'],
    [['deploy', '--dry-rnu'], "unknown option '--dry-rnu'", 'Did you mean "--dry-run"?'],
    [['deploy', '--tiemout', '5s'], "unknown option '--tiemout'", 'Did you mean "--timeout"?'],
    [['scale'], "missing required argument 'service=replicas'", 'See: scalectl scale --help'],
    [
      ['logs', 'a', 'b'],
      "too many arguments for 'logs'. Expected 1 argument but got 2.",
      'See: scalectl logs --help',
    ],
    [
      ['deploy', '--resolve-image', 'alwys'],
      "option '--resolve-image <when>' argument 'alwys' is invalid. Allowed choices are always, changed, never.",
      'Did you mean "always"?',
    ],
  ])('%j must be refused with a next step', async (argv, message, hint) => {
    expect(await rejectionOf(run(...argv))).toMatchObject({
      message,
      hint,
      place: 'command line',
      exitCode: 2,
    });
  });
});

describe('help', () => {
  it('must name every command', async () => {
    const text = await run('--help');
    for (const { name, summary } of COMMANDS)
      expect(text).toMatch(new RegExp(`^  ${name} .*${summary.slice(0, 20)}`, 'm'));
    expect(await run()).toContain('Usage: scalectl');
    expect(await run('help')).toContain('Usage: scalectl');
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    'for %s must have its flags, the global ones and examples',
    async (name, { options = [], examples }) => {
      const text = await run(name, '--help');
      for (const { flags } of options) expect(text).toContain(flags);
      expect(text).toContain('--context <name>');
      expect(text).toContain('Examples:');
      for (const [line] of examples) expect(text).toContain(line);
      expect(await run('help', name)).toBe(text);
    },
  );

  it('must come beside the version', async () => {
    expect(await run('--version')).toBe('1.2.3\n');
  });
});

describe('the examples of the help', () => {
  const lines = COMMANDS.flatMap(({ examples }) => examples.map(([line]) => line));

  it.each(lines)('"%s" must be a command line that is understood', async (line) => {
    const argv = line
      .split(' ')
      .filter((word) => !/^[A-Z_]+=/.test(word))
      .slice(1);
    await expect(run(...argv)).rejects.toThrow('no command is to run here');
  });
});
