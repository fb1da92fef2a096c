/**
 * Which command can work when. One total table: what an agent's desk asks is checked here before any event is taken, and
 * the same table tells the desk which buttons to show (`can`).
 *
 *   signed_out → not_ready ⇄ ready → offered → talking ⇄ held → wrapping_up → ready | not_ready
 */
import type { AgentState } from '../acd/event.ts';
import type { CtiErrorCode } from './errors.ts';
import type { DeskCommandType, InteractionCommand, SupervisorCommand } from './protocol.ts';

/**
 * An agent's state as her desk sees it: `calling` is her phone having answered a call that we make, `held` talking with the caller on hold. With three parties and more: `consult_ringing` `consulting` who asks,
 * `consulted` who is asked (or whom the customer has left behind), `conference` `conference_held` who is in one. `transferring`: a blind transfer is
 * under way.
 */
export const talkPhases = ['held', 'consult_ringing', 'consulting', 'consulted', 'conference', 'conference_held', 'transferring'] as const;
export type DeskPhase = AgentState | 'calling' | (typeof talkPhases)[number];
export const deskPhases: readonly DeskPhase[] = ['signed_out', 'not_ready', 'ready', 'offered', 'calling', 'talking', ...talkPhases, 'wrapping_up'];

/** Commands whose fate depends on the phase; `hello` and `ping` belong to the connection, some to supervisors, and an interaction has phases of its own. */
export type PhasedCommand = Exclude<DeskCommandType, 'hello' | 'ping' | SupervisorCommand | InteractionCommand>;

type Verdict = 'ok' | CtiErrorCode;

const withoutCall = {
  answer: 'no_call_offered',
  reject: 'no_call_offered',
  hangup: 'no_call',
  hold: 'no_call',
  retrieve: 'no_call',
  pauseRecording: 'no_call',
  resumeRecording: 'no_call',
  capture: 'no_call',
  cancelCapture: 'no_call',
  blindTransfer: 'no_call',
  consult: 'no_call',
  consultComplete: 'no_call',
  consultCancel: 'no_call',
  consultToggle: 'no_call',
  consultConference: 'no_call',
  addParty: 'no_call',
  dropParty: 'no_call',
  sendDigits: 'no_call',
  mute: 'no_call',
  unmute: 'no_call',
  sendToSurvey: 'no_call',
  wrapUp: 'not_wrapping_up',
  extendWrapUp: 'not_wrapping_up',
  setData: 'no_call',
  dial: 'ok',
  requestCallback: 'ok',
} as const;

const onCall = {
  // takes effect after this call
  ready: 'ok',
  notReady: 'ok',
  answer: 'no_call_offered',
  reject: 'no_call_offered',
  hangup: 'ok',
  pauseRecording: 'ok',
  resumeRecording: 'ok',
  cancelCapture: 'ok',
  blindTransfer: 'ok',
  consult: 'ok',
  consultComplete: 'no_consult',
  consultCancel: 'no_consult',
  consultToggle: 'no_consult',
  consultConference: 'no_consult',
  dropParty: 'no_conference',
  sendDigits: 'ok',
  mute: 'ok',
  unmute: 'ok',
  sendToSurvey: 'ok',
  wrapUp: 'not_wrapping_up',
  extendWrapUp: 'not_wrapping_up',
  setData: 'ok',
  dial: 'on_call',
  requestCallback: 'ok',
  signOut: 'on_call',
} as const;

/** All that concerns the customer alone. */
const notNow = <E extends CtiErrorCode>(why: E) =>
  ({ hold: why, retrieve: why, capture: why, blindTransfer: why, consult: why, addParty: why, sendToSurvey: why }) as const;
const notHers = <E extends CtiErrorCode>(why: E) =>
  ({ ...onCall, ...notNow(why), pauseRecording: why, resumeRecording: why, cancelCapture: why, dropParty: why }) as const;
const inConference = {
  ...onCall,
  capture: 'conferenced',
  blindTransfer: 'conferenced',
  consult: 'conferenced',
  dropParty: 'ok',
  sendToSurvey: 'conferenced',
} as const;

export const verdicts: Record<DeskPhase, Record<PhasedCommand, Verdict>> = {
  signed_out: { ...withoutCall, ready: 'not_signed_in', notReady: 'not_signed_in', dial: 'not_signed_in', requestCallback: 'not_signed_in', signOut: 'ok' },
  not_ready: { ...withoutCall, ready: 'ok', notReady: 'ok', signOut: 'ok' },
  ready: { ...withoutCall, ready: 'ok', notReady: 'ok', signOut: 'ok' },
  offered: {
    ready: 'call_offered',
    // takes effect after this offer
    notReady: 'ok',
    answer: 'ok',
    reject: 'ok',
    hangup: 'call_offered',
    hold: 'call_offered',
    retrieve: 'call_offered',
    pauseRecording: 'call_offered',
    resumeRecording: 'call_offered',
    capture: 'call_offered',
    cancelCapture: 'call_offered',
    blindTransfer: 'call_offered',
    consult: 'call_offered',
    consultComplete: 'call_offered',
    consultCancel: 'call_offered',
    consultToggle: 'call_offered',
    consultConference: 'call_offered',
    addParty: 'call_offered',
    dropParty: 'call_offered',
    sendDigits: 'call_offered',
    mute: 'call_offered',
    unmute: 'call_offered',
    sendToSurvey: 'call_offered',
    wrapUp: 'not_wrapping_up',
    extendWrapUp: 'not_wrapping_up',
    setData: 'call_offered',
    dial: 'call_offered',
    requestCallback: 'ok',
    signOut: 'call_offered',
  },
  calling: { ...notHers('calling'), dropParty: 'no_conference', sendDigits: 'calling' },
  talking: { ...onCall, hold: 'ok', retrieve: 'not_on_hold', capture: 'ok', addParty: 'ok' },
  held: { ...onCall, hold: 'on_hold', retrieve: 'ok', capture: 'on_hold', addParty: 'on_hold', sendDigits: 'on_hold' },
  consult_ringing: {
    ...{ ...onCall, ...notNow('consulting') },
    ...{ consultComplete: 'ok', consultCancel: 'ok', consultToggle: 'consult_ringing', consultConference: 'consult_ringing', sendDigits: 'consult_ringing' },
  },
  consulting: { ...onCall, ...notNow('consulting'), consultComplete: 'ok', consultCancel: 'ok', consultToggle: 'ok', consultConference: 'ok' },
  consulted: notHers('consulted'),
  conference: { ...inConference, hold: 'ok', retrieve: 'not_on_hold', addParty: 'ok' },
  conference_held: { ...inConference, hold: 'on_hold', retrieve: 'ok', addParty: 'on_hold', sendDigits: 'on_hold' },
  transferring: { ...notHers('transferring'), sendDigits: 'transferring' },
  // ready ends the wrap-up as well
  wrapping_up: { ...withoutCall, wrapUp: 'ok', extendWrapUp: 'ok', ready: 'ok', notReady: 'ok', signOut: 'ok' },
};

/** The commands that can work in this phase, in the table's order. */
export const canIn = (phase: DeskPhase): PhasedCommand[] =>
  (Object.keys(verdicts[phase]) as PhasedCommand[]).filter((command) => verdicts[phase][command] === 'ok').sort();
