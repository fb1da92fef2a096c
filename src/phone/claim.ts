/**
 * After a restart of ours: the legs whose calls are up still. Our SIP server has kept their dialogs (`sip/PROTOCOL.md`, "Started anew"); it is asked for them before anything else
 * is heard, and what it tells meanwhile waits until everybody is in place.
 */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import { asId } from '../../kernel/ids.ts';
import type { Ending } from '../call/ending.ts';
import type { LegStands } from '../call/event.ts';
import type { TrunkId } from '../tenants/trunk.ts';
import { endingOfBye } from './endings.ts';
import { Leg } from './leg.ts';
import type { Rim } from './rim.ts';
import type { KeptDialog, SipDialog } from './srf.ts';

/** A leg that was up when the journal ended. */
export interface KeptLeg extends LegStands {
  callId: CallId;
  legId: LegId;
}

/** What became of them: `up`, or ended while we were away; the others are lost. */
export interface ClaimedLegs {
  up: Set<LegId>;
  ended: Map<LegId, Ending>;
}

/** What is heard before everybody is in place; an application that takes longer than this takes too long. */
const MOST_HELD = 20_000;

/** The answer to `dialogs`, and what else comes before this run may hear it. */
export class Claim {
  readonly dialogs = new Map<string, KeptDialog>();
  /** Dialogs that ended meanwhile, with the Reason of their BYE. */
  readonly ended = new Map<string, string | undefined>();
  readonly #askedAs: string;
  readonly #complete: () => void;
  readonly #held: string[] = [];
  #isComplete = false;
  #isOver = false;

  /** `askedAs`: id of the frame that asked. */
  constructor(askedAs: string, complete: () => void) {
    this.#askedAs = askedAs;
    this.#complete = complete;
  }

  /** false: it is no business of this one. */
  takes(text: string): boolean {
    const end = text.indexOf('\r\n');
    const [, verb, to, ...tokens] = (end < 0 ? text : text.slice(0, end)).split('|');
    const rest = end < 0 ? '' : text.slice(end + 2);
    if (this.#isOver) return false;
    if (verb === 'sip') this.#hold(text, tokens[6] ?? '', rest);
    else if (to !== this.#askedAs) return false;
    else if (verb === 'dialog') {
      const kept = JSON.parse(rest) as KeptDialog;
      this.dialogs.set(kept.id, kept);
    } else {
      this.#isComplete = true;
      this.#complete();
    }
    return true;
  }

  /** In the order in which it came. */
  release(): string[] {
    this.#isOver = true;
    return this.#held.splice(0);
  }

  /** What was told to the run before, and its transactions are nobody's: only requests inside dialogs are of use. */
  #hold(text: string, dialogId: string, message: string): void {
    const [method = ''] = message.split(' ', 1);
    if (!this.#isComplete && method === 'BYE') this.ended.set(dialogId, /^Reason:\s*(.*)$/im.exec(message)?.[1]);
    const isOfUse = this.#isComplete || (dialogId !== '' && method !== 'SIP/2.0' && method !== 'CANCEL');
    if (isOfUse && this.#held.length < MOST_HELD) this.#held.push(text);
  }
}

export interface Claimed {
  claim: Claim;
  revive: (kept: KeptDialog) => SipDialog;
  /** Nobody knows that one. */
  hangUp: (dialogId: string) => void;
}

/** null = the SIP server has kept nothing. */
export function takeBack(rim: Rim, keep: (leg: Leg) => void, legs: readonly KeptLeg[], claimed: Claimed | null): ClaimedLegs {
  const found: ClaimedLegs = { up: new Set(), ended: new Map() };
  if (claimed === null) return found;
  const { claim, revive, hangUp } = claimed;
  const known = new Set<string>();
  for (const kept of legs) {
    const { dialogId, legId } = kept;
    const dialog = claim.dialogs.get(dialogId);
    if (dialog !== undefined) {
      known.add(dialogId);
      takeLeg(rim, keep, kept, dialog, revive(dialog));
      found.up.add(legId);
    } else if (claim.ended.has(dialogId)) found.ended.set(legId, endingOfBye(claim.ended.get(dialogId)));
  }
  for (const dialogId of claim.dialogs.keys()) if (!known.has(dialogId)) hangUp(dialogId);
  return found;
}

function takeLeg(rim: Rim, keep: (leg: Leg) => void, kept: KeptLeg, { callId: sipCallId, role, localSdp }: KeptDialog, dialog: SipDialog): void {
  const { callId, legId, agentId, mediaGroup, signallingAddress, trunkId, takes = [] } = kept;
  const owner = agentId === null ? ({ is: 'outside' } as const) : ({ is: 'agent', agentId: asId<AgentId>(agentId) } as const);
  const leg = new Leg(rim, callId, legId, owner, { at: 'opening' }, mediaGroup);
  leg.signallingAddress = signallingAddress;
  leg.takes = takes;
  keep(leg);
  rim.legs.named(legId, sipCallId);
  if (trunkId !== null) rim.trunks.holdAgain(legId, asId<TrunkId>(trunkId));
  leg.joined(dialog, localSdp, role === 'uas');
}
