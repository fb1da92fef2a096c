/** The wall's line for as long as the console is open: one for all that is shown of the floor. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { CtiClient, type DeskView } from '../shared/cti/client.ts';
import { webSocket } from '../shared/cti/socket.ts';
import { FloorStore, noView } from './floor-store.ts';

const neverChanges = () => () => undefined;
/** The server's clock is told a little better with each quick message: not every hundredth of a second is worth drawing the wall anew. */
const SKEW_STEP_MS = 250;

export const FloorContext = createContext<FloorStore | null>(null);

/** For commands; null before there is one. */
export const useFloorLine = (): CtiClient | null => useContext(FloorContext)?.line ?? null;

/** A part of what is known of the floor. `select` gives the same object for as long as nothing of it changed. */
export function useFloor<T>(select: (view: DeskView) => T): T {
  const store = useContext(FloorContext);
  return useSyncExternalStore(store?.subscribe ?? neverChanges, () => select(store?.view() ?? noView()));
}

export const useSkew = (): number => useFloor(({ skewMs }) => Math.round(skewMs / SKEW_STEP_MS) * SKEW_STEP_MS);

export function useFloorStore(token: string): FloorStore | null {
  const [store, setStore] = useState<FloorStore | null>(null);
  useEffect(() => {
    const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/cti`;
    const line = new CtiClient({ token, as: 'supervisor', open: webSocket(address) });
    const fresh = new FloorStore(line);
    const wake = () => line.wake();
    const lost = () => line.lost();
    window.addEventListener('online', wake);
    window.addEventListener('offline', lost);
    line.start();
    line.watchFloor();
    setStore(fresh);
    return () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', lost);
      fresh.close();
      setStore(null);
    };
  }, [token]);
  return store;
}
