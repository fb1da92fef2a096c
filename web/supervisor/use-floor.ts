/** The wall's line for as long as the console is open: one for all that is shown of the floor. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { CtiClient, type DeskView, nothingYet } from '../shared/cti/client.ts';
import { webSocket } from '../shared/cti/socket.ts';

const neverChanges = () => () => undefined;

export interface FloorHold {
  line: CtiClient | null;
  view: DeskView;
}

export const FloorContext = createContext<FloorHold>({ line: null, view: nothingYet });
export const useFloor = (): FloorHold => useContext(FloorContext);

export function useFloorLine(token: string): FloorHold {
  const [line, setLine] = useState<CtiClient | null>(null);
  useEffect(() => {
    const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/cti`;
    const fresh = new CtiClient({ token, as: 'supervisor', open: webSocket(address) });
    const wake = () => fresh.wake();
    const lost = () => fresh.lost();
    window.addEventListener('online', wake);
    window.addEventListener('offline', lost);
    fresh.start();
    fresh.watchFloor();
    setLine(fresh);
    return () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', lost);
      fresh.close();
      setLine(null);
    };
  }, [token]);
  const view = useSyncExternalStore(line?.subscribe ?? neverChanges, () => line?.view() ?? nothingYet);
  return { line, view };
}
