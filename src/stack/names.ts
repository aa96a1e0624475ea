/** Labels that tie an object to its stack, and names of objects that the stack does not own. */

export const NAMESPACE_LABEL = 'com.docker.stack.namespace';
export const IMAGE_LABEL = 'com.docker.stack.image';
/** marks a service that scalectl deployed */
export const MANAGED_LABEL = 'scalectl.managed';

/** tells by which content an object with a name of its own was made */
export const FINGERPRINT_LABEL = 'scalectl.fingerprint';
/** marks a secret that only the Swarm knows */
export const GENERATED_LABEL = 'scalectl.generated';

export function externalName(
  declared: { external?: boolean | { name?: string }; name?: string } | undefined,
  key: string,
): string | null {
  if (declared?.external === undefined || declared.external === false) return null;
  return (typeof declared.external === 'object' ? declared.external.name : undefined) ?? declared.name ?? key;
}
