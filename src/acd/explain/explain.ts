/** Answers why, from the floor as it stands; changes nothing. */
import type { Floor } from '../floor.ts';
import { explainAgent } from './agent.ts';
import { explainCall } from './call.ts';
import type { TryOut } from './change.ts';
import type { Explainer } from './explanation.ts';

export function explainer(floor: () => Floor, tryOut: TryOut): Explainer {
  return {
    call: (callId, now) => explainCall(floor(), callId, now, tryOut),
    agent: (agentId, now) => explainAgent(floor(), agentId, now),
  };
}
