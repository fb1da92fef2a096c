/** The desk's connection for as long as the page shows it. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { browserClock } from '../shared/clock.ts';
import { Connection, type DeskView, type SocketEvents } from '../shared/connection.ts';

const SUBPROTOCOL = 'huawu.cti.v1';

function openSocket(events: SocketEvents) {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/cti`, SUBPROTOCOL);
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => typeof data === 'string' && events.heard(data);
  socket.onclose = ({ code }) => events.closed(code);
  return { send: (text: string) => socket.send(text), close: () => socket.close() };
}

const newId = (): string => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const nothing: DeskView = { link: { state: 'connecting' }, desk: null, skewMs: 0, welcome: null, waiting: [], lastCapture: null, lastGone: null };
const neverChanges = () => () => undefined;

/** `attempt`: counts up when the agent wants her desk back from another window. */
export function useConnection(token: string, attempt: number): { connection: Connection | null; view: DeskView } {
  const [connection, setConnection] = useState<Connection | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt is a new connection
  useEffect(() => {
    const fresh = new Connection({ token, open: openSocket, clock: browserClock, random: Math.random, newId });
    const wake = () => fresh.wake();
    const wakeIfSeen = () => document.visibilityState === 'visible' && fresh.wake();
    const lost = () => fresh.lost();
    window.addEventListener('online', wake);
    window.addEventListener('offline', lost);
    document.addEventListener('visibilitychange', wakeIfSeen);
    fresh.start();
    setConnection(fresh);
    return () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', lost);
      document.removeEventListener('visibilitychange', wakeIfSeen);
      fresh.close();
      setConnection(null);
    };
  }, [token, attempt]);
  const view = useSyncExternalStore(connection?.subscribe ?? neverChanges, () => connection?.view() ?? nothing);
  return { connection, view };
}
