/** Recording is announced, or asked for: what her keys mean, and what is noted of it. Whoever says nothing has not agreed. */
import type { ConsentHow, ConsentState } from '../call/consent.ts';
import type { PlanNode } from './plan.ts';
import type { IvrTurn, Verdict, Walk } from './state.ts';

type Question = Extract<PlanNode, { verb: 'ask-recording' }>;

export function judgeConsent(walk: Walk, turn: IvrTurn, node: Question, key: string): Verdict {
  if (key === '') return 'silence';
  if (key !== node.agree && key !== node.refuse) return key === walk.loaded?.plan.keys.repeat ? 'repeat' : 'error';
  const agreed = key === node.agree;
  noteConsent(walk, turn, agreed ? 'given' : 'refused', 'key');
  return { go: agreed ? node.next : node.patience.failed };
}

export function noteConsent({ callId }: Walk, turn: IvrTurn, consent: ConsentState, how: ConsentHow): void {
  turn.events.push({ type: 'consentNoted', callId, consent, how });
}
