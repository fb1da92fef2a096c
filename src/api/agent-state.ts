/** An agent is made ready, not ready or signed out: by a supervisor, or by herself where she has no desk. */
import { z } from 'zod';
import type { AgentWish } from '../acd/offering/wish.ts';
import { noteSchema, ownReasons } from '../cti/protocol.ts';
import { may } from '../users/user.ts';
import { asker, author } from './access.ts';
import { agentOf, agentSchema, params, shown } from './agents.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { resourceOf } from './scope.ts';
import { type Api, branded } from './shapes.ts';

const wishSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('ready') }),
  /** Left out: `supervisor`, or `other` when she asks herself. */
  z.strictObject({
    state: z.literal('not_ready'),
    reason: z.enum([...ownReasons, 'supervisor']).optional(),
    /** A supervisor's words for her. With the reason `supervisor` she cannot be ready again by herself, unless she `liftsHold`. */
    note: noteSchema.optional(),
  }),
  z.strictObject({ state: z.literal('signed_out') }),
]);
const answerSchema = z.object({
  /** `after_call`: a call has her, and she is as asked when it has done with her. */
  takesEffect: z.enum(['now', 'after_call']),
  agent: agentSchema,
});

export function agentState(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/agents/:agentId/state',
    {
      config: { action: 'agent.setState' },
      schema: {
        tags: ['agents'],
        summary: 'Make an agent ready, not ready or signed out; while a call has her it takes effect after it',
        params,
        body: wishSchema,
        response: { 200: answerSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { tenantId, userId } = user;
      const agent = agentOf(ports, tenantId, branded(request.params.agentId));
      const { agentId } = agent;
      if (!may(user, 'agent.setState', resourceOf(ports, tenantId, agentId))) throw new Problem('forbidden');
      const herself = user.agentId === agentId;
      const wish = wishOf(request.body, herself);
      const before = ports.acd.agent(agentId);
      if (before?.state === 'signed_out' && wish.state !== 'signed_out') throw new Problem('signed_out');
      const shownBefore = before === undefined ? null : { state: before.state, reasons: before.reasons };
      await ports.audit.write({ ...author(request), action: 'agent.setState', resource: `agent/${agentId}`, before: shownBefore, after: wish });
      ports.setAgentState(agentId, wish, herself ? null : userId, herself ? undefined : user.name);
      const { afterwards } = ports.acd.agent(agentId) ?? { afterwards: null };
      return { takesEffect: afterwards === null ? ('now' as const) : ('after_call' as const), agent: shown(ports, agent) };
    },
  );
}

function wishOf(body: z.infer<typeof wishSchema>, herself: boolean): AgentWish {
  if (body.state !== 'not_ready') return body;
  const reason = body.reason ?? (herself ? 'other' : 'supervisor');
  if (herself && reason === 'supervisor') throw new Problem('forbidden');
  return { state: 'not_ready', reason, ...(herself || body.note === undefined ? {} : { note: body.note }) };
}
