/**
 * A phone in this page, as the desk sees it: it registers, rings, is answered, comes back after a cut. How calls are held, ended and
 * transferred is the server's business (commands of the desk), for this phone as for one on the desk.
 *
 *   starting → online ⇄ away        (any) → refused: the microphone, or the server, will not have it
 */
import type { Quality } from './quality.ts';

export type PhoneTrouble = 'insecure' | 'denied' | 'noMicrophone' | 'busyMicrophone' | 'unavailable';
type PhoneState = 'off' | 'starting' | 'online' | 'away' | 'refused';

/** `ringing` · `joining`: answered, sound is being set up · `up` · `returning`: its sound was cut and is being taken back. */
export type PhoneCallState = 'ringing' | 'joining' | 'up' | 'returning';
export interface PhoneCall {
  state: PhoneCallState;
  /** Of who calls. */
  number: string;
}

export interface PhoneView {
  state: PhoneState;
  trouble: PhoneTrouble | null;
  call: PhoneCall | null;
  /** Of the last seconds; null: no sound to measure. */
  quality: Quality | null;
}

/** '' = whatever the system has chosen. */
export interface Devices {
  microphone: string;
  speaker: string;
  ringer: string;
}

export interface Phone {
  readonly view: () => PhoneView;
  readonly subscribe: (listener: () => void) => () => void;
  /** Also in mid-call. */
  use(devices: Devices): void;
  /** The network is gone: nothing will come, whatever the socket still believes. */
  lost(): void;
  /** The network or the page came back: look whether the line still lives; `changed`: sound may need another way, too. */
  wake(changed: boolean): void;
  /** The desk says that she has a call: what was cut off by a reload is taken back. */
  hasCall(has: boolean): void;
  /** What her microphone hears in a call, to draw its level. */
  microphone(): MediaStream | null;
  /** Leaves the server in order. A call that is up ends here, not at the other end, when it is taken back elsewhere in time. */
  stop(): Promise<void>;
}

/** What the server gives a browser to register with. */
export interface Pass {
  address: string;
  username: string;
  password: string;
}

export interface PhoneOptions {
  pass(): Promise<Pass>;
  devices: Devices;
}

export const noPhone: PhoneView = { state: 'off', trouble: null, call: null, quality: null };
