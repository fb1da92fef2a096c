/** Whose key seals what is said of a call: her number's, or the call's own where no number was shown or the house no longer knows it. */
import type { CallId, TenantId } from '../../kernel/ids.ts';
import type { Dialled, Party } from '../call/event.ts';
import type { Event } from '../vocabulary.ts';

/** Who of so many contacts that go on is known; of another the contact's own key is taken. */
const MOST_KNOWN = 50_000;
/** And of so many that have ended: notes come, and answers to what was asked of her. */
const MOST_ENDED = 5_000;

interface Known {
  tenantId: TenantId;
  person: string;
}

export const personOfNumber = (tenantId: string, number: string): string => `${tenantId} ${number.trim().toLowerCase()}`;
export const personOfCall = (callId: string): string => `call ${callId}`;

/** As an event or the room of calls has it. */
interface Arrived {
  callId: CallId;
  tenantId: TenantId;
  caller: Pick<Party, 'number'>;
  callee: Pick<Party, 'number'>;
  dialled?: Dialled | null;
}

/** The party that the house serves: who called, or who is called. '' = not shown, or it is a colleague. */
function customerOf({ caller, callee, dialled }: Arrived): string {
  if (dialled == null) return caller.number;
  return dialled.target?.kind === 'number' ? callee.number : '';
}

const contactOf = (event: Event): CallId | null => ('callId' in event ? event.callId : 'interactionId' in event ? event.interactionId : null);

export class People {
  readonly #known = new Map<CallId, Known>();
  /** In the order of their end. */
  readonly #ended = new Map<CallId, Known>();

  /** Whom it is about; it has been heard. `whose`: a number that it names, where it is not about the call's customer. */
  of(event: Event, whose: string | null): string {
    const contact = contactOf(event);
    const known = contact === null ? undefined : this.#find(contact);
    if (whose !== null && known !== undefined) return personOfNumber(known.tenantId, whose);
    return known?.person ?? personOfCall(contact ?? '');
  }

  /** Keeps whom it is about. */
  hear(event: Event): void {
    if (event.type === 'callArrived') this.arrived(event);
    else if (event.type === 'interactionAsked') this.#keep(event.interactionId, event.tenantId, event.from);
    else if (event.type === 'callEnded') this.#end(event.callId);
    else if (event.type === 'interactionEnded') this.#end(event.interactionId);
  }

  arrived(call: Arrived): void {
    this.#keep(call.callId, call.tenantId, customerOf(call));
  }

  ofCall(callId: CallId): string {
    return this.#find(callId)?.person ?? personOfCall(callId);
  }

  #find(contact: CallId): Known | undefined {
    return this.#known.get(contact) ?? this.#ended.get(contact);
  }

  #keep(contact: CallId, tenantId: TenantId, number: string): void {
    if (this.#find(contact) !== undefined) return;
    this.#known.set(contact, { tenantId, person: number === '' ? personOfCall(contact) : personOfNumber(tenantId, number) });
    trim(this.#known, MOST_KNOWN);
  }

  #end(contact: CallId): void {
    const known = this.#known.get(contact);
    if (known === undefined) return;
    this.#known.delete(contact);
    this.#ended.set(contact, known);
    trim(this.#ended, MOST_ENDED);
  }
}

function trim(known: Map<CallId, Known>, most: number): void {
  const [oldest] = known.size > most ? known.keys() : [];
  if (oldest !== undefined) known.delete(oldest);
}
