// A request as a command for a terminal.
import { addressOf, type Call } from '../api/http.ts';

/** In single quotes, as a POSIX shell reads it. */
export function quoted(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function asCurl(call: Call, origin: string): string {
  const words = ['curl', '-k', '-X', call.method, '-H', '"cookie: authenticationToken=$XO_TOKEN"'];
  if (call.body) words.push('-H', quoted('content-type: application/json'), '-d', quoted(JSON.stringify(call.body)));
  return [...words, quoted(origin + addressOf(call))].join(' ');
}

const VERBS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'del' } as const;

export function asXoCli(call: Call): string {
  const path = addressOf(call).replace('/rest/v0/', '');
  const members = Object.entries(call.body ?? {}).map(([name, value]) =>
    quoted(`${name}=${typeof value === 'string' ? value : `json:${JSON.stringify(value)}`}`),
  );
  return ['xo-cli', 'rest', VERBS[call.method], quoted(path), ...members].join(' ');
}
