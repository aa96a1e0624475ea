/** URLs in labels. They are never repeated in a problem, since they may hold what is nobody's business. */

import type { Field, ProblemSink } from './values.js';

export interface HttpUrlOptions {
  example: string;
  /** environment variable that names the file with the password */
  secretFile: string;
  /** a query behind `?` is part of the address */
  query?: boolean;
}

/** `http(s)://host[:port][/path]` without user and password, as `URL` writes it; else null and a problem. */
export function parseHttpUrl(field: Field, sink: ProblemSink, options: HttpUrlOptions): string | null {
  const refuse = (what: string, hint = `Write ${field.assign(options.example)}, for example.`): null => {
    sink.add(field.place, what, hint);
    return null;
  };
  if (!URL.canParse(field.text)) return refuse('is not a URL');
  const url = new URL(field.text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse(`begins with ${url.protocol}//, which is neither http nor https`);
  }
  if (url.username !== '' || url.password !== '') {
    return refuse(
      'holds a user or a password, and everyone who can read the service can read its labels',
      `Remove it from the URL and name a file that holds user:password in the daemon's ${options.secretFile}.`,
    );
  }
  if (url.hash !== '') return refuse('has a # in it');
  if (url.search !== '' && options.query !== true) return refuse('has a ? in it');
  return url.href;
}

/**
 * Where a balancer tells its statistics: `http(s)://host:port/stats`, `tcp://host:port` or `unix:///path` of the
 * runtime API. Several are separated by commas.
 */
export function parseBalancerUrls(field: Field, sink: ProblemSink): string[] | null {
  const example = 'http://tasks.shop_haproxy:8404/stats';
  const texts = field.text.split(',').map((text) => text.trim());
  const urls = texts.map((text) => {
    const part = { ...field, text };
    if (text.startsWith('unix:')) {
      const path = text.replace(/^unix:(\/\/)?/, '');
      if (path.startsWith('/') && path !== '/') return `unix://${path}`;
      sink.add(field.place, 'names no socket', `Write ${field.assign('unix:///run/haproxy.sock')}.`);
      return null;
    }
    if (text.startsWith('tcp:')) {
      const host = /^tcp:\/\/([\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})\/?$/.exec(text);
      if (host?.[1] !== undefined && host[2] !== undefined) return `tcp://${host[1]}:${host[2]}`;
      sink.add(
        field.place,
        'names no host and port',
        `Write ${field.assign('tcp://tasks.shop_haproxy:9999')}.`,
      );
      return null;
    }
    return parseHttpUrl(part, sink, { example, secretFile: 'SCALECTL_HAPROXY_AUTH_FILE', query: true });
  });
  return urls.includes(null) ? null : urls.filter((url) => url !== null);
}
