/** Image references, as the docker CLI hands them to the Engine. */

const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::\\d+)?`;
const PATH_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const TAG = '\\w[\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REMAINDER = new RegExp(`^(${PATH_PART}(?:/${PATH_PART})*)(:${TAG})?(@${DIGEST})?$`);
const WHOLE_DOMAIN = new RegExp(`^${DOMAIN}$`);
const IMAGE_ID = /^[a-f0-9]{64}$/;
const HUB = 'docker.io';

/**
 * `docker.io/library/nginx` -> `nginx:latest`; a digest keeps a reference from getting a tag.
 * Source: distribution/reference `ParseNormalizedNamed`, `TagNameOnly`, `FamiliarString`.
 * @returns null for what is no image reference
 */
export function familiarImage(written: string): string | null {
  if (IMAGE_ID.test(written)) return null;
  const slash = written.indexOf('/');
  const head = slash < 0 ? '' : written.slice(0, slash);
  const named = /[.:]/.test(head) || head === 'localhost' || head.toLowerCase() !== head;
  const domain = !named || head === 'index.docker.io' ? HUB : head;
  const remainder = named ? written.slice(slash + 1) : written;
  const [, path, tag = '', digest = ''] = REMAINDER.exec(remainder) ?? [];
  if (path === undefined || !WHOLE_DOMAIN.test(domain)) return null;
  const familiar = domain === HUB ? path.replace(/^library\/(?=[^/]+$)/, '') : `${domain}/${path}`;
  return `${familiar}${tag === '' && digest === '' ? ':latest' : tag}${digest}`;
}
