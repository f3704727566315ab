import { expect, it } from 'vitest';

import { asCurl, asXoCli } from './copyAs.ts';

const call = { method: 'POST', path: '/vms/1/actions/clone', query: { sync: true }, body: { name_label: "it's", fast: false } } as const;

it('copies a request as a curl command that a shell reads as it was meant', () => {
  expect(asCurl(call, 'https://xo')).toBe(
    `curl -k -X POST -H "cookie: authenticationToken=$XO_TOKEN" -H 'content-type: application/json' ` +
      `-d '{"name_label":"it'\\''s","fast":false}' 'https://xo/rest/v0/vms/1/actions/clone?sync=true'`,
  );
});

it('copies a request as an xo-cli command', () => {
  expect(asXoCli(call)).toBe(`xo-cli rest post 'vms/1/actions/clone?sync=true' 'name_label=it'\\''s' fast=json:false`);
});
