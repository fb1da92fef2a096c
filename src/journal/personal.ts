/**
 * What is personal in an event: a total table. A field that can hold text of any kind (and not only ids, numbers and words of our own) must be said to be
 * `open`, or how it looks with the personal taken out; else this does not compile. Names and numbers of agents are the house's own, and open. Pure.
 */
import { asId, type CustomerId } from '../../kernel/ids.ts';
import type { CustomerCard, TransferTarget } from '../call/event.ts';
import type { Event } from '../vocabulary.ts';

export type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

/** How a field is sealed. */
interface Personal<V, E> {
  /** The same in shape, with `mark` in the place of what is personal; what is not personal at all (in this event) comes back as it is (===). */
  blank: (value: V, mark: string, event: E) => V;
  /** The number of whom it is about, where that is another than the call's customer. */
  whose?: (value: V) => string;
}

/** Whether there may be text in it that nobody has agreed upon. Ids are branded, words are unions: neither is. */
type HasText<T, Depth extends 0[] = []> = Depth['length'] extends 6 ? true : unknown extends T ? true : true extends TextIn<T, Depth> ? true : false;
type TextIn<T, Depth extends 0[]> = T extends string
  ? string extends T
    ? true
    : false
  : T extends number | boolean | bigint | null | undefined
    ? false
    : T extends readonly (infer Each)[]
      ? HasText<Each, [...Depth, 0]>
      : T extends object
        ? { [K in keyof T]-?: HasText<T[K], [...Depth, 0]> }[keyof T]
        : false;

type TextFields<E> = { [F in Exclude<keyof E, 'type'>]-?: HasText<E[F]> extends true ? F : never }[Exclude<keyof E, 'type'>];
type Said<E> = { [F in TextFields<E>]: 'open' | Personal<Exclude<E[F], undefined>, E> };
export type PersonalTable = { [T in Event['type'] as [TextFields<EventOf<T>>] extends [never] ? never : T]: Said<EventOf<T>> };

interface Shown {
  number: string;
  raw: string;
  name?: string;
}
const party = <V extends Shown>(value: V, mark: string): V => ({
  ...value,
  number: value.number === '' ? '' : mark,
  raw: mark,
  ...(value.name === undefined ? {} : { name: mark }),
});
const text = (value: string, mark: string): string => (value === '' ? value : mark);
const maybe = (value: string | null, mark: string): string | null => (value === null ? null : text(value, mark));
/** Which of them there are says the dialplan; what is in them, the customer. */
const values = (value: Record<string, string>, mark: string): Record<string, string> =>
  Object.keys(value).length === 0 ? value : Object.fromEntries(Object.entries(value).map(([name, each]) => [name, text(each, mark)]));
const target = <V extends TransferTarget>(value: V, mark: string): V => (value.kind === 'number' ? { ...value, number: mark } : value);
const numberOf = (value: TransferTarget): string => (value.kind === 'number' ? value.number : '');

/** What routing goes by stays: a tier and a language are nobody's name. */
const card = (value: CustomerCard | null, mark: string): CustomerCard | null =>
  value === null
    ? null
    : {
        ...{ customerId: asId<CustomerId>(mark), name: mark, number: mark, tier: value.tier, language: value.language },
        ...{ specialNeeds: [], openTickets: [], recentContacts: [] },
      };

const aText = { blank: text };
const aNumber = { blank: text, whose: (value: string): string => value };
const someText = { blank: maybe };
const someValues = { blank: values };
const aTarget = { blank: target, whose: numberOf };

const wish = { number: aNumber, callee: 'open', data: someValues, skills: 'open' } as const;

export const personal: PersonalTable = {
  // -- calls. Who calls is personal, unless it is an agent's phone; the number that was dialled, where it is not one of ours.
  callArrived: {
    caller: { blank: (value, mark, { dialled }) => (dialled === undefined ? party(value, mark) : value) },
    callee: { blank: (value, mark, { dialled }) => (dialled?.target?.kind === 'number' ? party(value, mark) : value) },
    ...{ trunk: 'open', sipCallId: 'open', flow: 'open', callback: 'open' },
    dialled: { blank: (value, mark) => (value.target?.kind === 'number' ? { ...value, target: target(value.target, mark) } : value) },
    outbound: { blank: (value, mark) => (value.target.kind === 'number' ? { ...value, target: target(value.target, mark) } : value) },
  },
  destinationCalled: { target: aTarget },
  callBroke: { where: 'open' },
  // Addresses of trunks and of agents' phones.
  legAnswered: { stands: 'open' },
  legAudioMeasured: { audio: 'open' },
  transferAsked: { target: aTarget },
  customerFound: { customer: { blank: card } },
  promptEnded: { playId: 'open' },
  digitsCollected: { playId: 'open', digits: aText },
  secretCollected: { playId: 'open', name: 'open', alone: someText },
  captureChanged: { captureId: 'open', form: 'open', field: 'open' },
  secretsDelivered: { deliveryId: 'open', form: 'open', names: 'open', values: someValues },
  authenticationEnded: { playId: 'open' },
  lookupEnded: { playId: 'open', values: someValues },
  recordingStarted: { recordingId: 'open', path: 'open' },
  recordingEnded: { recordingId: 'open', path: 'open', reason: 'open', seal: 'open' },
  recordingPaused: { recordingId: 'open' },
  recordingResumed: { recordingId: 'open' },
  flowEntered: { flow: 'open', step: 'open' },
  dataSet: { data: someValues },
  callQueued: { skills: 'open', preferredSkills: 'open', place: 'open' },
  waitAnnounced: { message: 'open' },
  queueKeyPressed: { key: 'open' },
  callLeftQueue: { to: 'open' },
  callOverflowed: { why: 'open', to: 'open' },
  callOffered: { choice: 'open', survey: 'open' },
  surveyAsked: { flow: 'open' },
  surveyReasonGiven: { reason: 'open' },
  callTransferred: { target: aTarget },
  partyAsked: { target: aTarget },
  partyAskEnded: { target: aTarget },
  supervisionAsked: { byName: 'open' },
  supervisionChanged: { byName: 'open' },
  callbackAsked: wish,
  callbackBooked: wish,
  callbackPlaced: { number: aNumber },
  // -- what comes in writing. Its name in the operator's system is a ticket's, not a person's.
  interactionAsked: { channel: 'open', from: aText, data: someValues, skills: 'open', externalId: 'open' },
  interactionDeclined: { reason: 'open' },
  interactionDone: { disposition: 'open' },
  interactionWrapUpEnded: { disposition: 'open' },
  interactionQueued: { channel: 'open' },
  interactionOffered: { channel: 'open' },
  interactionOfferEnded: { reason: 'open' },
  interactionEnded: { channel: 'open', disposition: 'open' },
  // -- the house's own
  queueConfigured: { queue: 'open' },
  calendarConfigured: { calendar: 'open' },
  queueSwitched: { notice: 'open' },
  agentConfigured: { agent: 'open' },
  agentWentNotReady: { byName: 'open', note: 'open' },
  wrapUpEnded: { disposition: 'open', notes: someText, form: someValues },
  reserveChanged: { reserve: 'open' },
  dialplanPublished: { plan: 'open' },
  messageSent: { to: 'open', byName: 'open', text: 'open', messageId: 'open' },
  deskCaptureAsked: { form: 'open', field: 'open', fields: 'open' },
  deskPartyAsked: { target: aTarget },
  bindingsChanged: { bindings: 'open' },
  // -- calls outside; numbers of emergency services are nobody's
  outsideDialled: { country: 'open', help: 'open' },
  outsideRefused: { country: 'open' },
};

/** One field of one event, to be sealed under the key of `whose`; null = of the call's customer. */
export interface PersonalField {
  name: string;
  value: unknown;
  blanked: unknown;
  whose: string | null;
}

/** What is personal in it, with `mark` in its place; mostly nothing. */
export function personalFields(event: Event, mark: (whose: string | null) => string): PersonalField[] {
  const said = fieldsOf.get(event.type);
  if (said === undefined) return [];
  const found: PersonalField[] = [];
  for (const [name, { blank, whose }] of said) {
    const value: unknown = Reflect.get(event, name);
    if (value === undefined || blank(value, '', event) === value) continue;
    const of = whose?.(value) || null;
    found.push({ name, value, blanked: blank(value, mark(of), event), whose: of });
  }
  return found;
}

/** The types are the table's; here each field is looked at alone. */
type AnyPersonal = Personal<unknown, Event>;
const fieldsOf = new Map<string, [string, AnyPersonal][]>(
  Object.entries<object>(personal)
    .map(([type, fields]): [string, [string, AnyPersonal][]] => [
      type,
      Object.entries(fields).filter((entry): entry is [string, AnyPersonal] => entry[1] !== 'open'),
    ])
    .filter(([, fields]) => fields.length > 0),
);
