import { expect, it } from 'vitest';

import { outcomeOf } from './outcome.ts';

it('tells what was stopped from what failed, and leaves alone what ended well before it could be stopped', () => {
  expect(outcomeOf({ status: 'failure' })).toBe('failure');
  expect(outcomeOf({ status: 'failure', abortionRequestedAt: 1 })).toBe('stopped');
  expect(outcomeOf({ status: 'success', abortionRequestedAt: 1 })).toBe('success');
  expect(outcomeOf({ status: 'pending', abortionRequestedAt: 1 })).toBe('pending');
});
