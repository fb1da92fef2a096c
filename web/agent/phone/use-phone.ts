/** Which phone she takes calls with here, and that of this page for as long as the desk shows it. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { post } from '../../shared/api.ts';
import type { DeskView } from '../../shared/cti/client.ts';
import { watchLine } from '../line-watch.ts';
import { keepDevices, keptDevices } from './devices.ts';
import { type Devices, noPhone, type Pass, type Phone, type PhoneView } from './phone.ts';

export type PhoneKind = 'desk' | 'browser';
const KEY = 'huawu.phone.kind';

export interface PhoneTools {
  kind: PhoneKind;
  choose(kind: PhoneKind): void;
  view: PhoneView;
  phone: Phone | null;
  devices: Devices;
  use(devices: Devices): void;
}

function keptKind(): PhoneKind {
  try {
    return localStorage.getItem(KEY) === 'browser' ? 'browser' : 'desk';
  } catch {
    return 'desk';
  }
}

const neverChanges = () => () => undefined;
const off = () => noPhone;

export function usePhone(token: string, { link, desk }: DeskView): PhoneTools {
  const [kind, setKind] = useState(keptKind);
  const [devices, setDevices] = useState(keptDevices);
  const [phone, setPhone] = useState<Phone | null>(null);
  const view = useSyncExternalStore(phone?.subscribe ?? neverChanges, phone?.view ?? off);
  // Her desk is elsewhere by now: a call that is up here goes on here, and is the last.
  const isLast = link.state === 'closed' && link.why === 'replaced' && view.call !== null;
  const wanted = kind === 'browser' && desk !== null && (link.state !== 'closed' || isLast);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other devices are told to the phone that is there
  useEffect(() => {
    if (!wanted) return;
    let started: Phone | null = null;
    let over = false;
    // A chunk of its own: who has a desk phone never loads it.
    void import('./sip-phone.ts').then(({ startSipPhone }) => {
      if (over) return;
      started = startSipPhone({ devices, pass: () => post<Pass>(token, '/api/v1/phone-passes') });
      setPhone(started);
    });
    return () => {
      over = true;
      setPhone(null);
      void started?.stop();
    };
  }, [wanted, token]);

  useEffect(() => (phone === null ? undefined : watchLine({ gone: () => phone.lost(), back: (changed) => phone.wake(changed) })), [phone]);
  const online = link.state === 'online';
  useEffect(() => (online ? phone?.wake(false) : undefined), [online, phone]);
  const talks = desk?.call?.phase === 'established' || desk?.call?.phase === 'held';
  useEffect(() => phone?.hasCall(talks), [talks, phone]);

  const choose = useCallback((next: PhoneKind) => {
    setKind(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Then it holds until the page is closed.
    }
  }, []);
  const use = useCallback(
    (next: Devices) => {
      setDevices(next);
      keepDevices(next);
      phone?.use(next);
    },
    [phone],
  );
  return useMemo(() => ({ kind, choose, view, phone, devices, use }), [kind, choose, view, phone, devices, use]);
}
