/** Microphones and speakers of this computer: which there are, which she chose, and why one cannot be had. */
import type { Devices, PhoneTrouble } from './phone.ts';

const KEY = 'huawu.phone.devices';

export function keptDevices(): Devices {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<keyof Devices, unknown>>;
    const name = (value: unknown): string => (typeof value === 'string' ? value : '');
    return { microphone: name(kept.microphone), speaker: name(kept.speaker), ringer: name(kept.ringer) };
  } catch {
    return { microphone: '', speaker: '', ringer: '' };
  }
}

export function keepDevices(devices: Devices): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(devices));
  } catch {
    // Then it holds until the page is closed.
  }
}

/** As asked for of a call: one that is gone by now is no reason to have none. */
export const constraintsOf = ({ microphone }: Devices): MediaStreamConstraints => ({
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(microphone === '' ? {} : { deviceId: { ideal: microphone } }) },
  video: false,
});

export function troubleOf(error: unknown): PhoneTrouble {
  if (!(error instanceof DOMException)) return 'unavailable';
  if (error.name === 'NotAllowedError' || error.name === 'SecurityError') return 'denied';
  if (error.name === 'NotFoundError' || error.name === 'OverconstrainedError') return 'noMicrophone';
  return error.name === 'NotReadableError' || error.name === 'AbortError' ? 'busyMicrophone' : 'unavailable';
}

/** The browser asks her here; null: it may be used. */
export async function mayListen(devices: Devices): Promise<PhoneTrouble | null> {
  if (!isSecureContext || navigator.mediaDevices === undefined) return 'insecure';
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraintsOf(devices));
    for (const track of stream.getTracks()) track.stop();
    return null;
  } catch (error) {
    return troubleOf(error);
  }
}

export interface KnownDevices {
  microphones: { id: string; name: string }[];
  /** Empty where the browser lets nobody choose. */
  speakers: { id: string; name: string }[];
}

export async function knownDevices(): Promise<KnownDevices> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== '' && device.deviceId !== 'default')
      .map(({ deviceId: id, label: name }) => ({ id, name }));
  return { microphones: of('audioinput'), speakers: canChooseSpeaker ? of('audiooutput') : [] };
}

const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;

/** Plays by that speaker from now on; a speaker that is gone leaves it at the system's. */
export function playBy(element: HTMLAudioElement, speaker: string): void {
  if (canChooseSpeaker) void element.setSinkId(speaker).catch(() => undefined);
}
