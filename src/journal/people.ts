/** Whose key seals what is said of a call: her number's, or the call's own where no number was shown or the house no longer knows it. */
import type { CallId, TenantId } from '../../kernel/ids.ts';
import type { Dialled, Party } from '../call/event.ts';
import type { Event } from '../vocabulary.ts';

/** Who of so many calls is known; of an older one the call's own key is taken. */
const MOST_KNOWN = 50_000;

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

  /** Keeps who it is about; and says so. `whose`: a number that it names, where it is not about the call's customer. */
  of(event: Event, whose: string | null): string {
    const contact = contactOf(event);
    const known = contact === null ? undefined : (this.#known.get(contact) ?? this.hear(event));
    if (whose !== null && known !== undefined) return personOfNumber(known.tenantId, whose);
    return known?.person ?? personOfCall(contact ?? '');
  }

  hear(event: Event): Known | undefined {
    if (event.type === 'callArrived') return this.arrived(event);
    if (event.type === 'interactionAsked') return this.#keep(event.interactionId, event.tenantId, event.from);
    return undefined;
  }

  arrived(call: Arrived): Known {
    return this.#known.get(call.callId) ?? this.#keep(call.callId, call.tenantId, customerOf(call));
  }

  ofCall(callId: CallId): string {
    return this.#known.get(callId)?.person ?? personOfCall(callId);
  }

  #keep(callId: CallId, tenantId: TenantId, number: string): Known {
    const known = { tenantId, person: number === '' ? personOfCall(callId) : personOfNumber(tenantId, number) };
    this.#known.set(callId, known);
    const [oldest] = this.#known.size > MOST_KNOWN ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}
