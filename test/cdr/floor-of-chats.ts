/** A house with a journal on disk in which an agent takes chats: as often as wanted, each time from where the last one was killed. */
import type { Clock } from '../../kernel/clock.ts';
import { asId, type CallId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import type { KeptRecord } from '../../src/cdr/kept.ts';
import type { CdrWriter } from '../../src/cdr/writer.ts';
import { keepJournal } from '../../src/journal/keep.ts';
import { createRooms } from '../../src/rooms.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Event } from '../../src/vocabulary.ts';
import { agentConfigured, agentId, DEMO, phoneReachable, queueConfigured, queueId, signedIn, wentReady } from '../acd/floor.ts';

export const id = (name: string) => asId<CallId>(name);
const her = agentId('8001');

/** She takes two at once. */
export const opening: Event[] = [
  ...[queueConfigured('service', { wrapUpMs: 0 }), agentConfigured('8001', { channels: { chat: 2 } }), phoneReachable('8001'), signedIn('8001')],
  ...[wentReady('8001'), { type: 'deskConnected' as const, agentId: her }],
];
export const asked = (name: string, data: Record<string, string> = {}): Event => ({
  ...{ type: 'interactionAsked', interactionId: id(name), tenantId: DEMO, channel: 'chat', queueId: queueId('service'), priority: 0 },
  ...{ skills: [], maxWaitMs: null, externalId: `x-${name}`, from: '+8613800001001', data },
});
export const accepted = (name: string): Event => ({ type: 'interactionAccepted', interactionId: id(name), agentId: her });
export const done = (name: string, disposition: string): Event => ({ type: 'interactionDone', interactionId: id(name), agentId: her, disposition });
export const closed = (name: string): Event => ({ type: 'interactionClosed', interactionId: id(name), by: asId<UserId>('demo:admin') });

/** `leftover`: what the last run did not see written. Who is killed closes nothing; only its timers are no more. */
export function openChats(
  folder: string,
  world: Clock,
  writer: Pick<CdrWriter, 'accept' | 'unwritten'>,
): { leftover: KeptRecord[]; tell(...events: Event[]): void; kill(): void } {
  const timers: (() => void)[] = [];
  const noted = (cancel: () => void): (() => void) => {
    timers.push(cancel);
    return cancel;
  };
  const clock: Clock = { now: () => world.now(), after: (ms, fn) => noted(world.after(ms, fn)), every: (ms, fn) => noted(world.every(ms, fn)) };
  const rooms = createRooms();
  const { journal, leftover } = keepJournal({ folder, keepBytes: 1e9, rooms, callsKeptMs: 0, clock, log, unwritten: () => writer.unwritten() });
  const carriers = new Proxy({}, { get: (_, type) => (type === 'writeInteraction' ? writer.accept.bind(writer) : () => undefined) }) as Carriers;
  const switchboard = new Switchboard({ clock, log, journal, rooms: rooms.all, carriers });
  switchboard.take({ type: 'serverStarted' });
  for (const record of leftover) writer.accept({ record });
  return {
    leftover,
    tell(...events) {
      for (const event of events) switchboard.take(event);
    },
    kill() {
      for (const cancel of timers) cancel();
    },
  };
}
