/** The wall's line for as long as the console is open: one for all its pages. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { browserClock } from '../shared/clock.ts';
import { FloorLine, type LineEvents, type LineView } from './floor-line.ts';

function openSocket(events: LineEvents) {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/cti`, 'huawu.cti.v1');
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => typeof data === 'string' && events.heard(data);
  socket.onclose = ({ code }) => events.closed(code);
  return { send: (text: string) => socket.send(text), close: () => socket.close() };
}

const newId = (): string => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const nothing: LineView = { link: 'connecting', floor: null, skewMs: 0 };
const neverChanges = () => () => undefined;

export interface FloorHold {
  line: FloorLine | null;
  view: LineView;
}

export const FloorContext = createContext<FloorHold>({ line: null, view: nothing });
export const useFloor = (): FloorHold => useContext(FloorContext);

export function useFloorLine(token: string): FloorHold {
  const [line, setLine] = useState<FloorLine | null>(null);
  useEffect(() => {
    const fresh = new FloorLine({ token, open: openSocket, clock: browserClock, random: Math.random, newId });
    fresh.start();
    setLine(fresh);
    return () => {
      fresh.close();
      setLine(null);
    };
  }, [token]);
  const view = useSyncExternalStore(line?.subscribe ?? neverChanges, () => line?.view() ?? nothing);
  return { line, view };
}
