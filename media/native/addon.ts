/** The compiled packet path, `packets.cc`, as TypeScript sees it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Numbers that are no socket are −errno. One of these a thread. */
export interface PacketPath {
  /** Whether io_uring may be used here: 0, or −errno. */
  ring(): number;
  /**
   * What comes is read into slots of `arena`; `inbox` holds, for each of the `count` packets of a batch: socket, length, and the port it
   * came from, −1 when it came from where the one before at this socket did.
   * `flows` holds a flow after another (`rtp/flow.ts`), whose clock shows `nowMs` now.
   * `ring`: by io_uring where the kernel lets us; → 0 when it does.
   */
  start(arena: Uint8Array, slotBytes: number, inbox: Int32Array, onBatch: (count: number) => void, flows: Float64Array, nowMs: number, ring: boolean): number;
  bind(host: string, port: number, shared: boolean, receiveBufferBytes: number): number;
  connect(socket: number, address: string, port: number): number;
  send(socket: number, packet: Uint8Array): number;
  sendTo(socket: number, packet: Uint8Array, address: string, port: number): number;
  /** What comes to `socket` is sent on to `to` (−1 = to nobody) while flow number `flow` is live; ends with either socket. */
  through(socket: number, to: number, flow: number): number;
  /** One payload to many, each behind 12 bytes of its own. */
  sendMany(sockets: Int32Array, headers: Uint8Array, count: number, payload: Uint8Array): number;
  /** What is sent from now on may wait for `flush`. */
  gather(): void;
  flush(): void;
  /** The address the last packet came from. */
  source(socket: number): string;
  /** What has come is heard now. */
  drain(): void;
  /** Lets go of a socket without closing it; its file descriptor, or −errno. */
  release(socket: number): number;
  /** Takes up a file descriptor that another thread has let go of; number of the socket, or −errno, and then it is closed. */
  adopt(descriptor: number): number;
  close(socket: number): void;
}

/** Beside the built programs, and there also when we run from source. */
const PLACES = ['../../native/packets.node', '../../dist/native/packets.node'].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** Throws with the reason when it was not built, or cannot be loaded by this Node. */
export function loadPacketPath(places: readonly string[] = PLACES): PacketPath {
  const path = places.find((place) => existsSync(place));
  if (path === undefined) throw new Error('it was not built: npm run native');
  const loaded = createRequire(import.meta.url)(path) as PacketPath;
  if (typeof loaded.ring !== 'function') throw new Error('it was built from an older source: npm run native');
  return loaded;
}
