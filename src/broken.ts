/**
 * What becomes of a fault of ours (A13): an exception or a rejected promise where a command is carried out, or in a room that is told an event. It is the
 * fault of one call's work, and harms that call alone: it ends as `internal` (500 or BYE). A leg that could not be rung has ended, as `internal` too, and
 * the next agent is tried. What is told to desks and written down is not the call's work: it goes on.
 */
import type { CommandOf, CommandType, Event } from './vocabulary.ts';

type OfCall = { [T in CommandType]: CommandOf<T> extends { callId: unknown } ? T : never }[CommandType];

/** The call ends. */
const call = (command: CommandOf<OfCall>): Event => ({ type: 'callBroke', callId: command.callId, where: command.type });
/** Its leg alone ends. */
const leg = ({ callId, legId }: CommandOf<'ringLeg' | 'dialLeg'>): Event => ({
  ...{ type: 'legEnded', callId, legId },
  ending: { cause: 'internal', by: 'server' },
});
/** Nothing does: it is logged. */
const nothing = (): null => null;

/** Total: a command for which nobody has said so does not compile. */
export const afterFault: { [T in CommandType]: (command: CommandOf<T>) => Event | null } = {
  ringLeg: leg,
  dialLeg: leg,
  // Whatever else went wrong with it, for the rooms it is over.
  releaseLeg: ({ callId, legId, cause, by }) => ({ type: 'legEnded', callId, legId, ending: { cause, by } }),
  answerLeg: call,
  alertLeg: call,
  moveLeg: call,
  refuseTransfer: call,
  pickUpLeg: call,
  controlPhone: call,
  reanchorLeg: call,
  directLegs: call,
  askCallback: call,
  playSounds: call,
  collectDigits: call,
  captureKeys: call,
  cancelCapture: call,
  authenticate: call,
  stopSounds: call,
  resumeSounds: call,
  echoLeg: call,
  joinLegs: call,
  partLegs: call,
  conferLegs: call,
  muteLeg: call,
  startRecording: call,
  pauseRecording: call,
  resumeRecording: call,
  moveRecording: call,
  stopRecording: call,
  findCustomer: call,
  lookUp: call,
  deliverSecrets: call,
  popScreen: nothing,
  tellDesk: nothing,
  // Until it is told to be written, the journal keeps what a record is made of.
  writeCdr: nothing,
  writeInteraction: nothing,
  writeLedger: nothing,
};

/** A room threw as it was told this: the call it is about, if it is about one and is not being ended for such a fault already. */
export const afterBrokenRoom = (event: Event, room: string): Event | null =>
  event.type === 'callBroke' || !('callId' in event) || event.callId === null
    ? null
    : { type: 'callBroke', callId: event.callId, where: `room ${room}`, ...(event.type === 'callArrived' ? { legId: event.legId } : {}) };
