import { fileURLToPath } from 'node:url';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Rooms that compute and nothing else: no I/O, no clock, no chance. Time and randomness are arguments. */
const PURE = ['stack', 'policy', 'autoscale', 'simulate'];
const PURE_FILES = [
  ...PURE.map((room) => `src/${room}/**/*.ts`),
  'src/deploy/{plan,plan-*,planning,reconcile,normalise,changes,order,assess,failure,service-view,wanted}.ts',
];

/** Who may import whom: cli -> (deploy, daemon, simulate) -> pure rooms; adapters implement their consumers' ports. */
const mayNotImport = {
  stack: [
    'status',
    'cli',
    'deploy',
    'policy',
    'signals',
    'autoscale',
    'simulate',
    'daemon',
    'agent',
    'balancer',
  ],
  policy: [
    'status',
    'cli',
    'deploy',
    'signals',
    'autoscale',
    'simulate',
    'daemon',
    'agent',
    'balancer',
    'stack',
  ],
  autoscale: ['status', 'cli', 'deploy', 'signals', 'simulate', 'daemon', 'agent', 'balancer', 'stack'],
  simulate: ['status', 'cli', 'deploy', 'signals', 'daemon', 'agent', 'balancer', 'stack'],
  deploy: ['status', 'cli', 'signals', 'autoscale', 'simulate', 'daemon', 'agent'],
  signals: ['status', 'cli', 'deploy', 'autoscale', 'simulate', 'daemon', 'agent', 'stack'],
  agent: ['status', 'cli', 'deploy', 'policy', 'autoscale', 'simulate', 'daemon', 'balancer', 'stack'],
  daemon: ['status', 'cli', 'simulate', 'stack'],
  swarm: [
    'status',
    'cli',
    'deploy',
    'policy',
    'signals',
    'autoscale',
    'simulate',
    'daemon',
    'agent',
    'balancer',
    'stack',
  ],
  balancer: [
    'status',
    'cli',
    'deploy',
    'policy',
    'signals',
    'autoscale',
    'simulate',
    'daemon',
    'agent',
    'stack',
  ],
  status: ['cli', 'deploy', 'simulate'],
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', 'examples/**/node_modules/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.ts', '*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: root },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: root })] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: Object.entries(mayNotImport).flatMap(([room, banned]) =>
            banned.map((other) => ({
              target: `./src/${room}`,
              from: `./src/${other}`,
              message: `${room} must not import ${other}: see the rooms in docs/architecture.md.`,
            })),
          ),
          basePath: root,
        },
      ],
    },
  },
  {
    files: ['*.config.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: PURE_FILES,
    ignores: ['src/**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], message: 'A pure room does no I/O.' },
            {
              group: ['dockerode', 'ioredis', 'chalk', 'ora', 'commander'],
              message: 'A pure room knows no adapter.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'fetch',
        'setTimeout',
        'setInterval',
        'performance',
        'console',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is an argument in a pure room.' },
        { object: 'Math', property: 'random', message: 'Chance is an argument in a pure room.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Time is an argument.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'src/**/*.test.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
