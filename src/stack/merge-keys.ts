/** What entries of ports and volumes are told apart by when files are merged, in whichever form they are written. */

import { child, isMapTree, textOf, type Tree } from './tree.js';

const SHORT_PORT =
  /^((?:\[[^\]]*\]|\d+(?:\.\d+){3}):)?(?:(\d*)(?:-(\d+))?:)?(\d+)(?:-(\d+))?(?:\/([A-Za-z]+))?$/;

/** One entry per port where a short form names several; a form that cannot be read stays. */
export function expandPort(item: Tree): Tree[] {
  const match = typeof item.content === 'string' ? SHORT_PORT.exec(item.content) : null;
  if (match === null) return [item];
  const [, address = '', published, publishedEnd, target = '', targetEnd, protocol = 'tcp'] = match;
  const count = Number(targetEnd ?? target) - Number(target) + 1;
  if (count < 2 || count > 65_535) return [item];
  if (publishedEnd !== undefined && Number(publishedEnd) - Number(published) + 1 !== count) return [item];
  return Array.from({ length: count }, (_, index) => {
    const outside = published === undefined ? '' : `${Number(published) + index}:`;
    return { ...item, content: `${address}${outside}${Number(target) + index}/${protocol}` };
  });
}

/** By published port and protocol; what is not published by what it leads to. */
export function portKey(item: Tree): string {
  if (isMapTree(item)) {
    const published = textOf(child(item, 'published')) ?? '';
    const protocol = (textOf(child(item, 'protocol')) ?? 'tcp').toLowerCase();
    return published === '' || published === '0'
      ? `to ${textOf(child(item, 'target')) ?? ''}/${protocol}`
      : `${published}/${protocol}`;
  }
  const text = textOf(item) ?? '';
  const [, , published = '', publishedEnd, target = '', targetEnd, protocol = 'tcp'] =
    SHORT_PORT.exec(text) ?? [];
  if (target === '' || publishedEnd !== undefined || targetEnd !== undefined) return text;
  return published === ''
    ? `to ${target}/${protocol.toLowerCase()}`
    : `${published}/${protocol.toLowerCase()}`;
}

/** 0 where none is named. */
export function publishedPort(item: Tree): number {
  const text = isMapTree(item) ? textOf(child(item, 'published')) : SHORT_PORT.exec(textOf(item) ?? '')?.[2];
  return Number(text ?? 0) || 0;
}

/** Where in the container a mount is. */
export function mountTarget(item: Tree): string {
  if (isMapTree(item)) return textOf(child(item, 'target')) ?? '';
  const parts = (textOf(item) ?? '').split(':');
  const [first = '', second, third = ''] = parts;
  // `C:/data:/data`: a letter for a drive, not for a volume.
  if (/^[A-Za-z]$/.test(first) && /^[/\\]/.test(third)) return third;
  return second ?? first;
}
