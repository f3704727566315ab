// What lies between a server and its pool: passes everything on, and can be cut and mended at the same address.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Wire {
  /** `host:port` of the near end. */
  address: string;
  /** Nobody answers any more, and who was connected is so no longer. */
  cut: () => Promise<void>;
  mend: () => Promise<void>;
}

/** To the host of an address such as `https://127.0.0.1:1234`. */
export async function layWire(to: string): Promise<Wire> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const far = createServer((near) => {
    const there = connect(Number(port), hostname);
    for (const [socket, other] of [[near, there], [there, near]] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
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
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
