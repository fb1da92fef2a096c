/** What a supervisor has done with calls that wait and with agents: the orders of the desk protocol, over HTTP, under the same rules and in the same audit trail. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type SupervisionMode, supervisionModes } from '../call/event.ts';
import { type CtiErrorCode, ctiErrors } from '../cti/errors.ts';
import { deskMessageSchema, messageSchema, moveSchema } from '../cti/protocol.ts';
import type { OrderMessage } from '../cti/supervising.ts';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, idSchema } from './shapes.ts';

const wordOf = { listen: 'monitor', whisper: 'whisper', barge: 'barge', take_over: 'takeOver' } as const satisfies Record<
  SupervisionMode,
  OrderMessage['type']
>;
const callParams = z.strictObject({ callId: idSchema });

export function orders(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/calls/:callId/move',
    {
      config: { action: 'call.move' },
      schema: {
        tags: ['calls'],
        summary: 'Move a caller who waits to another queue, or before others of the same: it keeps its place in time',
        params: callParams,
        body: moveSchema.refine(({ queue, priority }) => queue !== undefined || priority !== undefined, 'give a queue, a priority, or both'),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await carryOut(ports, 'moveCall', { ...request.body, callId: request.params.callId }, request);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/v1/calls/:callId/supervision',
    {
      config: { action: 'call.monitor' },
      schema: {
        tags: ['calls'],
        summary: 'Listen to a call, whisper to its agent, barge in or take it over; asked again, in another way. The phone that is named (else her own) rings',
        params: callParams,
        body: z.strictObject({ mode: z.enum(supervisionModes), phone: z.string().max(32).optional() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { mode, phone } = request.body;
      await carryOut(ports, wordOf[mode], { callId: request.params.callId, ...(phone === undefined ? {} : { phone }) }, request);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/api/v1/calls/:callId/supervision',
    {
      config: { action: 'call.monitor' },
      schema: { tags: ['calls'], summary: 'Leave the call she is on as a supervisor', params: callParams, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await carryOut(ports, 'stopMonitor', { callId: request.params.callId }, request);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/v1/messages',
    {
      config: { action: 'agent.message' },
      schema: {
        tags: ['agents'],
        summary: 'A message to the desks of an agent, a team, a queue or everybody; who is signed in sees it at once, nobody later',
        body: messageSchema,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await carryOut(ports, 'message', request.body, request);
      return reply.code(204).send(null);
    },
  );
}

const unknown: readonly CtiErrorCode[] = ['unknown_call', 'unknown_agent', 'unknown_queue'];

async function carryOut(ports: ApiPorts, type: OrderMessage['type'], data: object, request: FastifyRequest): Promise<void> {
  const user = asker(request);
  // The routes' own schemas have checked it; this puts the defaults in and joins shape and type.
  const parsed = deskMessageSchema.safeParse({ v: 1, id: 'api', type, data });
  if (!parsed.success) throw new Problem('validation_failed');
  const message = parsed.data as OrderMessage;
  const asked = ports.orders.judge(message, user);
  if (asked.ok) return ports.orders.carryOut(asked.order, user, request.ip);
  if (asked.code === 'not_allowed') throw new Problem('forbidden');
  throw new Problem(unknown.includes(asked.code) ? 'not_found' : 'not_now', ctiErrors[asked.code][user.language]);
}
