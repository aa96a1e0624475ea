/** Labels that tie an object to its stack, and names of objects that the stack does not own. */

export const NAMESPACE_LABEL = 'com.docker.stack.namespace';
export const IMAGE_LABEL = 'com.docker.stack.image';

/** marks a config that holds a release of its stack: its number */
export const RELEASE_LABEL = 'scalectl.release';

/** marks a secret that only the Swarm knows */
export const GENERATED_LABEL = 'scalectl.generated';

interface Named {
  external?: boolean | { name?: string };
  name?: string;
}

export function externalName(declared: Named | null | undefined, key: string): string | null {
  if (declared?.external === undefined || declared.external === false) return null;
  return (typeof declared.external === 'object' ? declared.external.name : undefined) ?? declared.name ?? key;
}

/** What a network, volume, secret or config is called in the Swarm, as docker has it. */
export function objectName(stack: string, key: string, declared: Named | null | undefined): string {
  return externalName(declared, key) ?? declared?.name ?? `${stack}_${key}`;
}
