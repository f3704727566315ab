import { expect, test } from 'vitest';

import { median, percentile, render } from './table.ts';

test('medians and percentiles are those of the sorted values', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([5, 1, 3, 4])).toBe(3.5);
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.95)).toBe(95);
});

test('a table says what was reached, and leaves out what was not measured', () => {
  const rows = [
    { name: 'event to pixel, p95', unit: 'ms', atMost: 100, values: [12345, 9000.4, 0.25] },
    { name: 'blank', unit: '%', atMost: 0, values: [0] },
    { name: 'not measured', unit: 'ms', values: [] },
  ];
  expect(render(rows)).toBe(
    'what                    median       (min–max)     target\n' +
      'event to pixel, p95   9,000 ms   (0.25–12,345)   ≤ 100 ms   missed\n' +
      'blank                      0 %           (0–0)      ≤ 0 %   reached\n',
  );
});
