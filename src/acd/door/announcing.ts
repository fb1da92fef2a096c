/** What who waits is told while it waits, and when: the words are the dialplan's. A phone that rings for the caller comes first. */
import type { CallId } from '../../../kernel/ids.ts';
import { look } from '../estimate/estimate.ts';
import { type Floor, type Moment, setDeadline, type Waiting } from '../floor.ts';

export interface Announcements {
  /** From coming in to the first. */
  firstMs: number;
  everyMs: number;
  /** The place is told. */
  position?: boolean | undefined;
  /** So is how long it may take: in minutes while the estimate comes true, else that it takes several. */
  estimate?: boolean | undefined;
  /** Prompts, one each time in turn. */
  messages?: string[] | undefined;
}

const MINUTE_MS = 60_000;

/** Who comes in is told from then on. */
export function announceFirst(m: Moment, waiting: Waiting): void {
  const rules = waiting.queue.configuration.announcements;
  if (rules === undefined) return;
  waiting.announce = { at: m.now + rules.firstMs, count: 0, deadline: null };
  awaitAnnouncement(m.floor, waiting);
}

/** New rules for who waits already: its next is no later than if it had come, or been told, just now. */
export function announceAnew(m: Moment, waiting: Waiting): void {
  const rules = waiting.queue.configuration.announcements;
  const { announce } = waiting;
  hushAnnouncements(m.floor, waiting);
  if (rules === undefined) delete waiting.announce;
  if (announce === undefined) announceFirst(m, waiting);
  if (rules === undefined || announce === undefined) return;
  announce.at = Math.min(announce.at, m.now + (announce.count === 0 ? rules.firstMs : rules.everyMs));
  awaitAnnouncement(m.floor, waiting);
}

/** Also of a caller out of a snapshot. */
export function awaitAnnouncement(floor: Floor, { announce, call: { callId } }: Waiting): void {
  if (announce !== undefined) setDeadline(floor, announce, { at: announce.at, key: `wait ${callId}`, owner: { due: (m) => tell(m, callId) } });
}

export function hushAnnouncements(floor: Floor, { announce }: Waiting): void {
  if (announce !== undefined) setDeadline(floor, announce, null);
}

function tell(m: Moment, callId: CallId): void {
  const waiting = m.floor.calls.get(callId)?.waiting ?? null;
  if (waiting?.announce === undefined) return;
  const { queue, announce, line, call } = waiting;
  const rules = queue.configuration.announcements;
  setDeadline(m.floor, announce, null);
  if (rules === undefined) return;
  announce.at = m.now + rules.everyMs;
  awaitAnnouncement(m.floor, waiting);
  // What is being said would be in the way of who answers next, and the place of a callback is nobody's to hear.
  if (line === null || call.ringing.size > 0 || waiting.held === true) return;
  // 1 = next.
  const place = queue.order.before(waiting) + 1;
  const messages = rules.messages ?? [];
  m.events.push({
    type: 'waitAnnounced',
    callId,
    queueId: queue.configuration.queueId,
    position: rules.position === true ? place : null,
    minutes: rules.estimate === true ? minutesAt(m, waiting, place) : null,
    message: messages[announce.count % Math.max(messages.length, 1)] ?? null,
  });
  announce.count += 1;
}

function minutesAt(m: Moment, { queue }: Waiting, place: number): number | 'several' {
  const said = look(m, queue, place);
  return said?.calibrated === true ? Math.max(1, Math.ceil(said.p50Ms / MINUTE_MS)) : 'several';
}
