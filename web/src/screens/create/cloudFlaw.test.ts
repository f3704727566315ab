import { expect, it } from 'vitest';

import { cloudFlawOf } from './cloudFlaw.ts';

it('knows what cloud-init reads', () => {
  for (const good of ['', '#cloud-config\nhostname: {name}\nusers:\n- name: ann\n  groups: [\n]\n', '#!/bin/sh\n\techo hello', 'MIME-Version: 1.0']) expect(cloudFlawOf(good)).toBeUndefined();
});

it('tells the line that it would not read', () => {
  expect(cloudFlawOf('hostname: web')).toEqual({ flaw: 'kind', line: 1 });
  expect(cloudFlawOf('#cloud-config\nusers:\n\t- ann')).toEqual({ flaw: 'tab', line: 3 });
  expect(cloudFlawOf('#cloud-config\nhostname web')).toEqual({ flaw: 'colon', line: 2 });
});
