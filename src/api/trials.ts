/** Trials: what a change of a queue would have done to the calls that were recorded. Nothing is changed by one. */
import { z } from 'zod';
import { figureNames } from '../whatif/trial.ts';
import type { Trial } from '../whatif/trials.ts';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { changedQueue, queueChangeSchema } from './queues.ts';
import { type Api, branded, idSchema } from './shapes.ts';

const figure = z.object({ mean: z.number(), plusMinus: z.number().nullable().describe('Half of the 95 % interval') });
const figures = z.object(
  Object.fromEntries(figureNames.map((name) => [name, figure.optional()])) as Record<(typeof figureNames)[number], z.ZodOptional<typeof figure>>,
);
const side = z.object({ all: figures, queues: z.record(z.string(), figures) });
const trialSchema = z.object({
  trialId: z.string(),
  queueId: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  progress: z.number().describe('0 to 1'),
  why: z.enum(['no_calls', 'too_long', 'broken']).nullable(),
  result: z
    .object({
      calls: z.number().int().describe('Recorded calls that came into the tenant’s queues'),
      seeds: z.number().int(),
      today: side,
      draft: side,
      difference: figures.describe('Draft less today'),
    })
    .nullable(),
});
const params = z.strictObject({ trialId: idSchema });

const shown = ({ trialId, of, state, progress, why, result }: Trial) => ({ trialId, queueId: of, state, progress, why, result });

export function trials(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/trials',
    {
      config: { action: 'queue.change' },
      schema: {
        tags: ['queues'],
        summary: 'Try a change of a queue on the recorded days; nothing is changed. One trial at a time, five minutes at most',
        body: z.strictObject({ queueId: idSchema, change: queueChangeSchema }),
        response: { 202: trialSchema },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { before, after } = changedQueue(ports, tenantId, branded(request.body.queueId), request.body.change);
      const own = <T extends { tenantId: string }>(all: readonly T[]): T[] => all.filter((each) => each.tenantId === tenantId);
      const queues = own(ports.directory.queues());
      const draft = queues.map((queue) => (queue.queueId === before.queueId ? after : queue));
      const trial = ports.trials.start(tenantId, before.queueId, { queues, draft, agents: own(ports.directory.agents()) });
      if (trial === null) throw new Problem('in_use', 'another trial is being played: wait for its end');
      reply.code(202);
      return shown(trial);
    },
  );

  app.get(
    '/api/v1/trials/:trialId',
    {
      config: { action: 'queue.change' },
      schema: { tags: ['queues'], summary: 'How a trial stands, and what came of it', params, response: { 200: trialSchema } },
    },
    async (request) => {
      const trial = ports.trials.get(asker(request).tenantId, request.params.trialId);
      if (trial === null) throw new Problem('not_found');
      return shown(trial);
    },
  );

  app.delete(
    '/api/v1/trials/:trialId',
    { config: { action: 'queue.change' }, schema: { tags: ['queues'], summary: 'Give a trial up', params, response: { 204: z.null() } } },
    async (request, reply) => {
      if (!ports.trials.cancel(asker(request).tenantId, request.params.trialId)) throw new Problem('not_found');
      return reply.code(204).send(null);
    },
  );
}
