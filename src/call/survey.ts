/**
 * The survey after the talk: an agent whose queue has one ends her leg (or sends the caller there), and the caller, who stays, is led through a flow
 * of the dialplan in which she is asked to rate. It counts for the agent who served her last.
 *
 *   joined ──her leg ends──▶ surveyAsked: the dialplan has the caller (src/ivr) ──▶ surveyAnswered, surveyReasonGiven, surveyGivenUp
 *      └──the caller hangs up first, was asked lately …──▶ surveyNotAsked
 */
import { type AgentId, legIdOf } from '../../kernel/ids.ts';
import { type Call, callerLeg, isUp, type Leg } from './call.ts';
import { anchor } from './direct.ts';
import type { Ending } from './ending.ts';
import { type CallTurn, partnerOf } from './joining.ts';

/** 1 very satisfied, 2 satisfied, 3 neutral, 4 dissatisfied, 5 very dissatisfied. */
export const ratings = [1, 2, 3, 4, 5] as const;
export type Rating = (typeof ratings)[number];
/** From here on the caller is asked why, and somebody sees to it afterwards. */
export const UNHAPPY_FROM: Rating = 4;

/** A queue's: `flow` of the dialplan; `everyDays`: a number that was asked is left alone for so long, 0 = never. */
export interface SurveyRule {
  flow: string;
  /** `always`: whenever an agent ends the talk · `when_sent`: only whom she sends there. */
  asks: 'always' | 'when_sent';
  everyDays: number;
}

/** How the caller came there: her agent hung up, or sent her. */
export type SurveyHow = 'hung_up' | 'sent';
/** `caller_left`: hung up before her agent did · `asked_lately` · `not_sent`: only whom the agent sends is asked · `agent_lost`: the agent's leg broke off. */
export const surveyNotAskedWhys = ['caller_left', 'asked_lately', 'not_sent', 'agent_lost'] as const;
export type SurveyNotAsked = (typeof surveyNotAskedWhys)[number];
/** `no_key`: silent too often · `wrong_keys`: wrong keys too often · `failed`: the question could not be put. */
export const surveyGivenUpWhys = ['no_key', 'wrong_keys', 'failed'] as const;
export type SurveyGivenUp = (typeof surveyGivenUpWhys)[number];

const DAY_MS = 86_400_000;

type Served = Pick<Call, 'callId'> & { agentId: AgentId; queueId: NonNullable<Call['queueId']>; rule: SurveyRule };

/** What this leg's end would ask of whom it talks with: who came to a queue of ours, and has been asked nothing yet in this call. */
function served(call: Call, leg: Leg): Served | null {
  const { callId, queueId } = call;
  const caller = callerLeg(call);
  const ours = caller?.legId === legIdOf(callId, 0) && partnerOf(call, leg.legId) === caller.legId && call.dialled === null && call.outbound === null;
  if (leg.survey === undefined || leg.agentId === null || queueId === null || !ours || call.surveyed === true) return null;
  return { callId, queueId, agentId: leg.agentId, rule: leg.survey };
}

const askedLately = ({ surveyedAt, arrivedAt }: Call, { everyDays }: SurveyRule): boolean =>
  surveyedAt !== undefined && arrivedAt - surveyedAt < everyDays * DAY_MS;

/** She can send the caller there now. */
export function canSendToSurvey(call: Call, leg: Leg | undefined): boolean {
  const found = leg === undefined || !isUp(leg) ? null : served(call, leg);
  return found !== null && !askedLately(call, found.rule);
}

/** Her leg ends, and the caller is not hung up. */
export function sendToSurvey(call: Call | undefined, leg: Leg | undefined, turn: CallTurn): void {
  if (call === undefined || leg === undefined || !canSendToSurvey(call, leg)) return;
  leg.sentToSurvey = true;
  turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: leg.legId, cause: 'normal', by: 'far_end' });
}

/** Her leg has ended. true = the dialplan has the caller from now on. To be asked before the two are parted. */
export function askSurvey(call: Call, leg: Leg, turn: CallTurn): boolean {
  const found = served(call, leg);
  const caller = callerLeg(call);
  if (found === null || leg.progress.state !== 'ended' || !isUp(caller)) return false;
  const { rule, ...who } = found;
  call.surveyed = true;
  const why = whyNot(call, leg, leg.progress.ending, rule);
  if (why !== null) {
    turn.events.push({ type: 'surveyNotAsked', ...who, why });
    return false;
  }
  anchor(call, turn);
  turn.events.push({ type: 'surveyAsked', ...who, flow: rule.flow, how: leg.sentToSurvey === true ? 'sent' : 'hung_up' });
  return true;
}

function whyNot(call: Call, leg: Leg, { cause, by }: Ending, rule: SurveyRule): SurveyNotAsked | null {
  if (cause !== 'normal' || by !== 'far_end') return 'agent_lost';
  if (rule.asks === 'when_sent' && leg.sentToSurvey !== true) return 'not_sent';
  return askedLately(call, rule) ? 'asked_lately' : null;
}

/** The caller has hung up while she talked with an agent: nobody can be asked. */
export function leftUnasked(call: Call, caller: Leg, turn: CallTurn): void {
  const agent = call.legs.get(partnerOf(call, caller.legId) ?? caller.legId);
  const found = agent === undefined || agent === caller ? null : served(call, agent);
  if (found === null) return;
  const { rule: _, ...who } = found;
  call.surveyed = true;
  turn.events.push({ type: 'surveyNotAsked', ...who, why: 'caller_left' });
}
