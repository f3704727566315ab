import { expect, it } from 'vitest';

import { browserOf } from './browser.ts';

const said = (text: string) => {
  const is = browserOf(text);
  return is && `${is.browser} on ${is.system}`;
};

it('names the browser and the system, whatever else they call themselves', () => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
  expect(said(`Mozilla/5.0 (X11; Linux x86_64) ${chrome}`)).toBe('Chrome on Linux');
  expect(said(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/126.0.0.0`)).toBe('Edge on Windows');
  expect(said('Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0')).toBe('Firefox on macOS');
  expect(said('Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1')).toBe('Safari on iOS');
});

it('leaves alone what somebody wrote', () => {
  expect(said('for a script')).toBeUndefined();
  expect(said('curl/8.5.0')).toBeUndefined();
});
