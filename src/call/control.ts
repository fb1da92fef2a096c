/**
 * Who does at her phone what an agent asks for at her desk: the phone itself, told by NOTIFY with `Event: talk` or `hold` (Advanced Call Control, as desk
 * phones of Poly, Yealink, Snom and others have it), or we, in the leg. Where the phone does it, its keys, lamps and screen show what the desk shows. Pure.
 *
 *   up ──deskHeld──▶ told ──its re-INVITE──▶ held at the phone ──deskRetrieved──▶ told ──its re-INVITE──▶ up
 *                     └── it refuses, or does nothing ──▶ legControlFailed: held here, and here alone for the rest of the call; what it holds
 *                                                           itself, she retrieves there
 */
import type { Call, Leg } from './call.ts';
import type { CallTurn } from './joining.ts';

/** `talk` answers what rings and retrieves what the phone holds. */
export const phoneWords = ['talk', 'hold'] as const;
export type PhoneWord = (typeof phoneWords)[number];
export type PhoneControl = 'answer' | 'hold' | 'retrieve';
/** `hand`: at the phone alone. */
export type Doer = 'phone' | 'us' | 'hand';

export interface PhoneStands {
  /** Words that it acts on. */
  takes: readonly PhoneWord[];
  /** It is the phone that holds, not we. */
  holds: boolean;
}

export const controls: Record<PhoneControl, (phone: PhoneStands) => Doer> = {
  answer: ({ takes }) => (takes.includes('talk') ? 'phone' : 'hand'),
  // What it has held, no word but `talk` has it retrieve.
  hold: ({ takes, holds }) => (!holds && takes.includes('hold') && takes.includes('talk') ? 'phone' : 'us'),
  // Joined again by us while the phone holds, the other would hear nothing.
  retrieve: ({ takes, holds }) => (!holds ? 'us' : takes.includes('talk') ? 'phone' : 'hand'),
};

/** Of what a phone says in Allow-Events, in lower case: the words that mean something here. */
export const wordsIn = (events: readonly string[]): PhoneWord[] => phoneWords.filter((word) => events.includes(word));

const standing = ({ takes = [], holdsItself = false }: Leg): PhoneStands => ({ takes, holds: holdsItself });

/** Her phone holds, and takes no word to retrieve: she does it there. */
export const isRetrievedByHand = (leg: Leg): boolean => controls.retrieve(standing(leg)) === 'hand';

/** As its desk asks; what the phone makes of it is told by itself, or by legControlFailed. */
export function askControl({ callId }: Call, leg: Leg, control: 'hold' | 'retrieve', turn: CallTurn): void {
  if (leg.progress.state !== 'up' || leg.progress.held === (control === 'hold')) return;
  const doer = controls[control](standing(leg));
  if (doer === 'phone') turn.commands.push({ type: 'controlPhone', callId, legId: leg.legId, control });
  else if (doer === 'us') turn.events.push({ type: control === 'hold' ? 'legHeld' : 'legRetrieved', callId, legId: leg.legId });
}

/** It has not done what it was told: it is not told again in this call, and what was asked for is done here. */
export function controlFailed(call: Call, leg: Leg, control: PhoneControl, turn: CallTurn): void {
  if (control === 'answer') return;
  leg.takes = [];
  // She has gone on to something else meanwhile, in which nobody holds.
  if (control === 'hold' && (call.consult !== null || call.transfer !== null)) return;
  askControl(call, leg, control, turn);
}

/** She is to be heard again by somebody else than whom she holds. */
export function endHoldAtPhone({ callId }: Call, leg: Leg, turn: CallTurn): void {
  if (leg.holdsItself === true && controls.retrieve(standing(leg)) === 'phone')
    turn.commands.push({ type: 'controlPhone', callId, legId: leg.legId, control: 'retrieve' });
}
