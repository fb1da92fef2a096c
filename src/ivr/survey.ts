/** The questions of a survey: what their keys mean, and that they came to nothing. Outside a survey they ask, and nobody keeps the answer. */
import { type Rating, ratings, type SurveyGivenUp, UNHAPPY_FROM } from '../call/survey.ts';
import type { PlanNode } from './plan.ts';
import type { IvrTurn, Verdict, Walk } from './state.ts';

type Question = Extract<PlanNode, { verb: 'rate' | 'reason' }>;

export function judgeSurvey(walk: Walk, turn: IvrTurn, node: Question, key: string): Verdict {
  if (key === '') return 'silence';
  const known = node.verb === 'rate' ? takeRating(walk, turn, node, key) : takeReason(walk, turn, node, key);
  return known ?? (key === walk.loaded?.plan.keys.repeat ? 'repeat' : 'error');
}

function takeRating({ callId, survey }: Walk, turn: IvrTurn, node: Extract<Question, { verb: 'rate' }>, key: string): Verdict | null {
  const rating: Rating | undefined = ratings.find((one) => String(one) === key);
  if (rating === undefined) return null;
  const unhappy = rating >= UNHAPPY_FROM;
  if (survey === true) turn.events.push({ type: 'surveyAnswered', callId, rating, asksWhy: unhappy && node.asksWhy });
  return { go: unhappy ? node.unhappy : node.next };
}

function takeReason({ callId, survey }: Walk, turn: IvrTurn, node: Extract<Question, { verb: 'reason' }>, key: string): Verdict | null {
  const reason = Object.hasOwn(node.reasons, key) ? node.reasons[key] : undefined;
  if (reason === undefined) return null;
  if (survey === true) turn.events.push({ type: 'surveyReasonGiven', callId, reason });
  return { go: node.next };
}

/** A step of another kind gives up nothing. */
export function giveUpSurvey({ callId, survey }: Walk, turn: IvrTurn, verb: PlanNode['verb'], why: SurveyGivenUp): void {
  if (survey !== true || (verb !== 'rate' && verb !== 'reason')) return;
  turn.events.push({ type: 'surveyGivenUp', callId, question: verb === 'rate' ? 'rating' : 'reason', why });
}
