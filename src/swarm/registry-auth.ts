/** What `docker login` has stored for image registries, as the Engine wants to be shown it. Never printed. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';

/** How Docker Hub's entry is called. Source: docker CLI, `registry.IndexServer`. */
const HUB = 'https://index.docker.io/v1/';
const HELPER_TIMEOUT_MS = 30_000;

interface AuthConfig {
  username?: string;
  password?: string;
  identitytoken?: string;
  serveraddress: string;
}

interface StoredAuth {
  auth?: unknown;
  username?: unknown;
  password?: unknown;
  identitytoken?: unknown;
}

interface DockerConfig {
  path: string;
  auths: Readonly<Record<string, StoredAuth>>;
  credHelpers: Readonly<Record<string, string>>;
  credsStore: string | null;
}

/**
 * @returns the value of the header X-Registry-Auth for an image, or undefined where nothing is stored for its registry.
 *   Each registry is looked up once. That rejects with UserError where what is stored cannot be read.
 */
export function registryAuth(env: NodeJS.ProcessEnv): (image: string) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  let config: DockerConfig | null = null;
  return async (image) => {
    const registry = registryOf(image);
    config ??= readConfig(env);
    const found = known.get(registry) ?? lookUp(registry, config, env);
    known.set(registry, found);
    return found;
  };
}

/** Source: distribution/reference, `splitDockerDomain`. */
function registryOf(image: string): string {
  const slash = image.indexOf('/');
  const head = slash < 0 ? '' : image.slice(0, slash);
  const isHost = /[.:]/.test(head) || head === 'localhost' || head.toLowerCase() !== head;
  return !isHost || head === 'docker.io' || head === 'index.docker.io' ? HUB : head;
}

function readConfig(env: NodeJS.ProcessEnv): DockerConfig {
  const path = join(env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker'), 'config.json');
  const parsed = parse(path);
  const { auths, credHelpers, credsStore } = parsed;
  return {
    path,
    auths: isRecord(auths) ? (auths as DockerConfig['auths']) : {},
    credHelpers: isRecord(credHelpers) ? (credHelpers as DockerConfig['credHelpers']) : {},
    credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : null,
  };
}

function parse(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  try {
    const parsed = JSON.parse(text) as unknown;
    return isRecord(parsed) ? parsed : {};
  } catch {
    // Not the cause: its text may quote a password.
    throw new UserError('is not valid JSON', { place: path, hint: 'Mend or remove the file.' });
  }
}

async function lookUp(
  registry: string,
  config: DockerConfig,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const helper = config.credHelpers[registry] ?? config.credsStore;
  const found =
    (helper === null ? null : await askHelper(helper, registry, env)) ?? storedAuth(registry, config);
  if (found === null) return undefined;
  // Padded and safe in URLs: base64url in Node leaves the padding out.
  return Buffer.from(JSON.stringify(found)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** Old entries are called by a URL. Source: docker CLI, `ConvertToHostname`. */
function storedAuth(registry: string, { auths, path }: DockerConfig): AuthConfig | null {
  const hostOf = (key: string) => key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const key = Object.hasOwn(auths, registry)
    ? registry
    : Object.keys(auths).find((stored) => hostOf(stored) === hostOf(registry));
  const entry = key === undefined ? undefined : auths[key];
  if (!isRecord(entry)) return null;
  const { auth, username, password, identitytoken } = entry;
  const server = { serveraddress: registry };
  if (typeof identitytoken === 'string' && identitytoken !== '') return { ...server, identitytoken };
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const at = text.indexOf(':');
    if (at < 0) {
      throw new UserError(`what is stored for ${registry} cannot be read`, {
        place: path,
        hint: `Log in again with: docker login ${registry === HUB ? '' : registry}`.trimEnd(),
      });
    }
    return { ...server, username: text.slice(0, at), password: text.slice(at + 1) };
  }
  if (typeof username !== 'string' || typeof password !== 'string') return null;
  return { ...server, username, password };
}

/** Source: docker/docker-credential-helpers, its protocol: the server on standard input, JSON on standard output. */
async function askHelper(
  helper: string,
  registry: string,
  env: NodeJS.ProcessEnv,
): Promise<AuthConfig | null> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await run(program, registry, env);
  // A helper says so on its standard output, and ends with 1.
  if (/credentials not found/i.test(output)) return null;
  const answer = code === 0 ? answerOf(output) : null;
  if (answer === null) {
    throw new UserError(`${program} gave no credentials for ${registry}`, {
      place: 'credential helper',
      hint: `Try it by hand: echo ${registry} | ${program} get`,
    });
  }
  const { Username = '', Secret = '' } = answer;
  if (Username === '' && Secret === '') return null;
  const server = { serveraddress: registry };
  return Username === '<token>'
    ? { ...server, identitytoken: Secret }
    : { ...server, username: Username, password: Secret };
}

function answerOf(output: string): { Username?: string; Secret?: string } | null {
  try {
    const parsed = JSON.parse(output) as unknown;
    return isRecord(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function run(
  program: string,
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: HELPER_TIMEOUT_MS,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', () => {
      reject(
        new UserError(`the credential helper ${program} cannot be run`, {
          place: 'credential helper',
          hint: 'Install it, or take it out of the docker configuration.',
        }),
      );
    });
    child.once('close', (code) => resolve({ code, output }));
    // One that does not read, or does not even start, says so above.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${input}\n`);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
