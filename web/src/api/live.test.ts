import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Live, type Change } from './live.ts';

class Source extends EventTarget {
  static last: Source;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    super();
    Source.last = this;
  }
  close() {
    this.onerror = null;
  }
  say(kind: string, data: object) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }
}

let asked: string[];
let status: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame'] });
  asked = [];
  status = 200;
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    asked.push(`${init.method} ${path.replace('/rest/v0', '')} ${String(init.body ?? '')}`.trim());
    return new Response('{}', { status, headers: { 'content-type': 'application/json' } });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const PART = { collection: 'VM', fields: ['id'], ids: ['a'] } as const;
const BODY = '{"collection":"VM","fields":["id"],"ids":["a"]}';

it('subscribes once the stream is open, and tells changes in their order, once a frame', async () => {
  const live = new Live();
  const rounds: Change[][] = [];
  const onReady = vi.fn();
  live.watch(PART, { onChanges: (changes) => rounds.push(changes), onReady });
  live.start();
  expect(asked).toEqual([]);
  Source.last.say('init', { id: 's1' });
  await vi.waitFor(() => expect(onReady).toHaveBeenCalledOnce());
  expect(asked).toEqual([`PUT /events/s1/subscriptions/w0 ${BODY}`]);
  Source.last.say('add', { $subscription: 'w0', id: 'a', n: 1 });
  Source.last.say('update', { $subscription: 'w0', id: 'a', n: 2 });
  expect(rounds).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(rounds).toEqual([
    [
      { kind: 'add', object: { id: 'a', n: 1 } },
      { kind: 'update', object: { id: 'a', n: 2 } },
    ],
  ]);
});

it('says that the connection is lost, and subscribes anew when the server is back', async () => {
  const live = new Live();
  const onReady = vi.fn();
  live.watch(PART, { onChanges: () => undefined, onReady });
  live.start();
  Source.last.say('init', { id: 's1' });
  await vi.waitFor(() => expect(onReady).toHaveBeenCalledTimes(1));
  const hasEnded = live.watchEnd();
  expect(hasEnded()).toBe(false);
  Source.last.onerror?.();
  expect(live.connection).toBe('lost');
  expect(hasEnded()).toBe(true);
  const before = Source.last;
  await vi.advanceTimersByTimeAsync(1000);
  expect(Source.last).not.toBe(before);
  Source.last.say('init', { id: 's2' });
  expect(live.connection).toBe('open');
  expect(hasEnded()).toBe(true);
  expect(live.watchEnd()()).toBe(false);
  await vi.waitFor(() => expect(onReady).toHaveBeenCalledTimes(2));
  expect(asked.at(-1)).toBe(`PUT /events/s2/subscriptions/w0 ${BODY}`);
});

it('keeps trying while the server is away, and no more once it is stopped', async () => {
  const live = new Live();
  live.start();
  Source.last.say('init', { id: 's1' });
  const before = Source.last;
  status = 503;
  before.onerror?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(live.connection).toBe('lost');
  live.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Source.last).toBe(before);
  expect(live.connection).toBe('off');
});
