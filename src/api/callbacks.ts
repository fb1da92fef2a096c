/** Callbacks: who is still to be called back, and whom nobody is to call any more. */
import { z } from 'zod';
import { personal } from '../../kernel/mask.ts';
import type { CallbackView } from '../acd/view.ts';
import { may } from '../users/user.ts';
import { asker, author } from './access.ts';
import { belonging, type Revealable } from './personal.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { resourceOf } from './scope.ts';
import { type Api, idSchema, iso, isoOrNull } from './shapes.ts';

const callbackSchema = z.object({
  callbackId: z.string(),
  /** The call it was asked for in, and the one that stands for it now, once there is one. */
  of: z.string(),
  callId: z.string().nullable(),
  number: z.string().meta(personal('number')),
  queueId: z.string(),
  askedAt: z.string(),
  /** since when its place waits */
  placedAt: z.string(),
  /** tries that came to nothing */
  attempts: z.number().int(),
  /** held: not to be dialled before dueAt; null: before its turn comes, or the queue opens */
  state: z.enum(['held', 'waiting', 'offered', 'dialling', 'talking']),
  dueAt: z.string().nullable(),
  /** by an agent, from her desk: until when it may be made, and what she said of it; null: its caller asked for it */
  bookedBy: z.string().nullable(),
  notAfter: z.string().nullable(),
  note: z.string().meta(personal('text')).nullable(),
});

const shown = ({ tenantId: _, askedAt, placedAt, dueAt, notAfter, ...rest }: CallbackView) =>
  belonging([rest.bookedBy], {
    ...rest,
    ...{ askedAt: iso(askedAt), placedAt: iso(placedAt), dueAt: isoOrNull(dueAt), notAfter: isoOrNull(notAfter) },
  });

/** Booked at a desk it is that agent's. */
const whose = (ports: ApiPorts, { tenantId, bookedBy }: CallbackView) => resourceOf(ports, tenantId, bookedBy);

/** One that she may read. */
export function callbackFor(ports: ApiPorts, user: Identity, callbackId: string): Revealable {
  const callback = ports.acd.callbacks(user.tenantId).find((one) => one.callbackId === callbackId);
  if (callback === undefined || !may(user, 'callback.read', whose(ports, callback))) throw new Problem('not_found');
  return { schema: callbackSchema, value: shown(callback) };
}

export function callbacks(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/callbacks',
    {
      config: { action: 'callback.read' },
      schema: {
        tags: ['calls'],
        summary: 'Who is still to be called back, in the order in which it was asked for; a thousand at most. Agents see what they have booked',
        querystring: z.strictObject({ queueId: idSchema.optional() }),
        response: { 200: z.object({ items: z.array(callbackSchema) }) },
      },
    },
    async (request) => {
      const { queueId } = request.query;
      const user = asker(request);
      const hers = ports.acd.callbacks(user.tenantId).filter((callback) => may(user, 'callback.read', whose(ports, callback)));
      return { items: hers.filter((callback) => queueId === undefined || callback.queueId === queueId).map(shown) };
    },
  );
  app.delete(
    '/api/v1/callbacks/:callbackId',
    {
      config: { action: 'callback.cancel' },
      schema: {
        tags: ['calls'],
        summary: 'Give a callback up; 409 once an agent has taken it',
        params: z.strictObject({ callbackId: idSchema }),
        querystring: z.strictObject({ reason: z.string().trim().min(1).max(200).optional().describe('For the audit') }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const user = asker(request);
      const { tenantId, userId } = user;
      const callback = ports.acd.callbacks(tenantId).find(({ callbackId }) => callbackId === request.params.callbackId);
      if (callback === undefined || !may(user, 'callback.cancel', whose(ports, callback))) throw new Problem('not_found');
      if (callback.state === 'dialling' || callback.state === 'talking') throw new Problem('callback_taken');
      const { callbackId } = callback;
      const { reason } = request.query;
      const after = reason === undefined ? {} : { after: { reason } };
      await ports.audit.write({ ...author(request), action: 'callback.cancel', resource: `callback/${callbackId}`, before: shown(callback), ...after });
      ports.cancelCallback(callbackId, userId);
      reply.code(204);
      return null;
    },
  );
}
