// The live side of the API: one event stream for the whole page, and any number of parts of collections that it tells about.
//
// Invariants: only what somebody watches is subscribed. After a lost connection every part is subscribed again and its watcher told
// to look anew (`onReady`). Events reach watchers in their order, once per frame.
import { addressOf, send } from './http.ts';
import { Problem } from './problem.ts';

/** A part of a collection. With `ids`, those objects are first told as they are; with neither, all of it. */
export interface Part {
  /** The type of the objects (`VM`), or `task`. */
  collection: string;
  fields: '*' | readonly string[];
  ids?: readonly string[];
  filter?: string;
}

export interface Change {
  kind: 'add' | 'update' | 'remove';
  object: { id: string } & Record<string, unknown>;
}

export interface Watcher {
  onChanges: (changes: Change[]) => void;
  /** From now on nothing is missed, before that something may have been; or the server refused the part, and listing it tells why. */
  onReady?: () => void;
}

export interface Watch {
  /** Watches another part from now on. */
  change: (part: Part) => void;
  stop: () => void;
}

export type Connection = 'off' | 'connecting' | 'open' | 'lost';

interface Entry {
  part: Part;
  watcher: Watcher;
  /** Counts changes of the part: an answer to an older one says nothing. */
  turn: number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class Live {
  connection: Connection = 'off';
  private source: EventSource | undefined;
  private stream: string | undefined;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private count = 0;
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Set<() => void>();
  private heard: [string, Change][] = [];

  start() {
    if (this.connection === 'off') this.connect('connecting');
  }

  stop() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = this.stream = undefined;
    this.failures = 0;
    this.tell('off');
  }

  watch(part: Part, watcher: Watcher): Watch {
    const name = `w${this.count++}`;
    const entry: Entry = { part, watcher, turn: 0 };
    this.entries.set(name, entry);
    void this.subscribe(name, entry);
    return {
      change: (next) => {
        entry.part = next;
        entry.turn += 1;
        void this.subscribe(name, entry);
      },
      stop: () => {
        this.entries.delete(name);
        if (this.stream) void send({ method: 'DELETE', path: this.pathOf(name) }).catch(() => undefined);
      },
    };
  }

  /** What it returns tells whether the stream of now has ended, as it does with its server, however soon another one followed. */
  watchEnd(): () => boolean {
    const { stream } = this;
    return () => this.stream === undefined || this.stream !== stream;
  }

  /** For `useSyncExternalStore`. */
  readonly onConnection = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private connect(state: Connection) {
    this.tell(state);
    const source = new EventSource(addressOf({ path: '/events' }));
    this.source = source;
    source.addEventListener('init', (event: MessageEvent<string>) => {
      this.stream = (JSON.parse(event.data) as { id: string }).id;
      this.failures = 0;
      this.tell('open');
      for (const [name, entry] of this.entries) void this.subscribe(name, entry);
    });
    for (const kind of ['add', 'update', 'remove'] as const) {
      source.addEventListener(kind, (event: MessageEvent<string>) => {
        const { $subscription, ...object } = JSON.parse(event.data) as Change['object'] & { $subscription: string };
        this.hear($subscription, { kind, object: object as Change['object'] });
      });
    }
    source.onerror = () => {
      if (this.source === source) this.lose();
    };
  }

  private lose() {
    this.source?.close();
    this.source = this.stream = undefined;
    clearTimeout(this.retry);
    this.tell('lost');
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    // Not all clients at once, when a server comes back.
    this.retry = setTimeout(() => void this.reconnect(), wait * (0.5 + Math.random() / 2));
  }

  /** An event stream does not tell why it was refused, so a plain request asks first: 401 ends all this by `stop`. */
  private async reconnect() {
    const isBack = await send({ method: 'GET', path: '/users/me' }).then(
      () => true,
      () => false,
    );
    if (this.connection !== 'lost') return;
    if (isBack) this.connect('lost');
    else this.lose();
  }

  private async subscribe(name: string, entry: Entry) {
    const { stream } = this;
    if (!stream) return;
    const { turn, part } = entry;
    const body: Record<string, unknown> = { collection: part.collection, fields: part.fields };
    if (part.ids) body.ids = part.ids;
    if (part.filter !== undefined) body.filter = part.filter;
    try {
      await send({ method: 'PUT', path: this.pathOf(name), body });
    } catch (error) {
      // The server knows this stream no more: begin anew. What it refuses to subscribe, it refuses to list too, and says so there.
      const isGone = error instanceof Problem && (error.status === 404 || error.status === 0);
      if (isGone) {
        if (this.stream === stream) this.lose();
        return;
      }
    }
    if (this.entries.get(name) === entry && entry.turn === turn && this.stream === stream) entry.watcher.onReady?.();
  }

  private hear(name: string, change: Change) {
    this.heard.push([name, change]);
    // A page that is not seen gets no frames.
    if (this.heard.length > 1) return;
    if (document.hidden) setTimeout(this.deliver, 100);
    else requestAnimationFrame(this.deliver);
  }

  private readonly deliver = () => {
    const byName = new Map<string, Change[]>();
    for (const [name, change] of this.heard) {
      const list = byName.get(name);
      if (list) list.push(change);
      else byName.set(name, [change]);
    }
    this.heard = [];
    for (const [name, changes] of byName) this.entries.get(name)?.watcher.onChanges(changes);
  };

  private pathOf(name: string) {
    return `/events/${this.stream ?? ''}/subscriptions/${name}`;
  }

  private tell(connection: Connection) {
    if (this.connection === connection) return;
    this.connection = connection;
    this.listeners.forEach((listener) => listener());
  }
}

export const live = new Live();
