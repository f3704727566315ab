// What lies between a server and its pool: passes everything on, and can be cut and mended at the same address, or held.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Wire {
  /** `host:port` of the near end. */
  address: string;
  /** Nobody answers any more, and who was connected is so no longer. */
  cut: () => Promise<void>;
  mend: () => Promise<void>;
  /** Nothing arrives any more, either way, until it is let through. */
  hold: () => void;
  letThrough: () => void;
  /** Who connects from now on gets to another host. */
  leadTo: (other: string) => void;
}

/** To the host of an address such as `https://127.0.0.1:1234`. */
export async function layWire(to: string): Promise<Wire> {
  let end = new URL(to);
  const ways = new Map<Socket, Socket>();
  let isHeld = false;
  const far = createServer((near) => {
    const there = connect(Number(end.port), end.hostname);
    for (const [from, to] of [[near, there], [there, near]] as const) {
      ways.set(from, to);
      if (!isHeld) from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        ways.delete(from);
        to.destroy();
      });
    }
  });
  let known = 0;
  const mend = () => new Promise<void>((resolve) => far.listen(known, '127.0.0.1', resolve));
  await mend();
  known = (far.address() as AddressInfo).port;
  return {
    address: `127.0.0.1:${known}`,
    mend,
    cut: () =>
      new Promise((resolve) => {
        far.close(() => resolve());
        for (const from of ways.keys()) from.destroy();
      }),
    hold: () => {
      isHeld = true;
      for (const [from, to] of ways) from.unpipe(to);
    },
    leadTo: (other) => {
      end = new URL(other);
    },
    letThrough: () => {
      isHeld = false;
      for (const [from, to] of ways) from.pipe(to);
    },
  };
}
