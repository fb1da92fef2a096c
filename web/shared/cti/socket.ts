/** The WebSocket under a client: a browser's, Node's own (22 and later), or the one of the package `ws`. */
export const SUBPROTOCOL = 'huawu.cti.v1';

/** What the client needs of a WebSocket. */
export interface DeskSocket {
  send(text: string): void;
  close(): void;
}
export interface SocketEvents {
  opened(): void;
  heard(text: string): void;
  /** Once, whatever happened; `code` is the WebSocket's. */
  closed(code: number): void;
}

/** What all of them have in common. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown } & never) => void) | null;
  onclose: ((event: { code: number } & never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}
export type WebSocketClass = new (url: string, protocol: string) => WebSocketLike;

/** `Class`: the package `ws`, where there is no WebSocket of the platform's. */
export function webSocket(url: string, Class?: WebSocketClass): (events: SocketEvents) => DeskSocket {
  return (events) => {
    const socket = new (Class ?? platformsOwn())(url, SUBPROTOCOL);
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }: { data: unknown }) => void (typeof data === 'string' && events.heard(data));
    socket.onclose = ({ code }: { code: number }) => events.closed(code);
    // The close that follows says all there is to say.
    socket.onerror = () => undefined;
    return { send: (text) => socket.send(text), close: () => socket.close() };
  };
}

function platformsOwn(): WebSocketClass {
  const own: unknown = Reflect.get(globalThis, 'WebSocket');
  if (typeof own !== 'function') throw new Error('there is no WebSocket here: give the class of the package `ws`');
  return own as WebSocketClass;
}

/** Twelve random bytes in hex: an id no other command has. */
export const newCommandId = (): string =>
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
