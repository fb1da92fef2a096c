/** The desk's connection for as long as the page shows it. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { CtiClient, type DeskView, nothingYet } from '../shared/cti/client.ts';
import { webSocket } from '../shared/cti/socket.ts';
import { watchLine } from './line-watch.ts';

const neverChanges = () => () => undefined;

/** `attempt`: counts up when the agent wants her desk back from another window. */
export function useConnection(token: string, attempt: number): { connection: CtiClient | null; view: DeskView } {
  const [connection, setConnection] = useState<CtiClient | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt is a new connection
  useEffect(() => {
    const fresh = new CtiClient({ token, open: webSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/cti`) });
    const unwatch = watchLine({ gone: () => fresh.lost(), back: () => fresh.wake() });
    fresh.start();
    setConnection(fresh);
    return () => {
      unwatch();
      fresh.close();
      setConnection(null);
    };
  }, [token, attempt]);
  const view = useSyncExternalStore(connection?.subscribe ?? neverChanges, () => connection?.view() ?? nothingYet);
  return { connection, view };
}
