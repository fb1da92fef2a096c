/** A queue is opened, closed or declared an emergency by hand, with what callers hear who are sent back. */
import { z } from 'zod';
import type { QueueId, TenantId } from '../../kernel/ids.ts';
import type { Notice } from '../call/notice.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { noticeSchema, params, queueOf, queueSchema, shown } from './queues.ts';
import { type Api, branded, isoOrNull, timeSchema } from './shapes.ts';

export function queueSwitch(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/queues/:queueId/switch',
    {
      config: { action: 'queue.switch' },
      schema: {
        tags: ['queues'],
        summary: 'Open, close or declare an emergency at once, whatever the calendar says; `calendar` takes it back',
        params,
        body: z.strictObject({
          state: z.enum(['open', 'closed', 'emergency', 'calendar']),
          /** Afterwards the calendar has it again; absent or null: until somebody switches it. */
          until: timeSchema.nullable().optional(),
          /** What callers hear who are sent back meanwhile, before their dialplan goes on. */
          notice: noticeSchema.nullable().optional(),
        }),
        response: { 200: queueSchema },
      },
    },
    async (request) => {
      const { tenantId, userId } = asker(request);
      const queue = queueOf(ports, tenantId, branded(request.params.queueId));
      const { state } = request.body;
      const until = state === 'calendar' || request.body.until == null ? null : Date.parse(request.body.until);
      if (until !== null && until <= ports.clock.now())
        throw new Problem('validation_failed', '', [{ at: 'body.until', message: 'this time is over: give one to come' }]);
      const notice = request.body.notice ?? null;
      checkNotice(ports, tenantId, state, notice);
      const after = { state, until: isoOrNull(until), ...(notice === null ? {} : { notice }) };
      await ports.audit.write({
        ...author(request),
        action: 'queue.switch',
        resource: `queue/${queue.queueId}`,
        before: standingOf(ports, queue.queueId),
        after,
      });
      ports.floor.switchQueue(queue.queueId, state, until, userId, notice);
      return shown(ports, queue);
    },
  );
}

/** Somebody hears it, and it can be said. */
function checkNotice({ floor }: ApiPorts, tenantId: TenantId, state: string, notice: Notice | null): void {
  if (notice === null) return;
  const refuse = (message: string): never => {
    throw new Problem('validation_failed', '', [{ at: 'body.notice', message }]);
  };
  if (state !== 'closed' && state !== 'emergency') refuse(`nobody is sent back while it is ${state}: leave it out`);
  const { prompts, texts } = floor.sayable(tenantId);
  if ('prompt' in notice && !prompts.has(notice.prompt)) refuse(`there is no prompt "${notice.prompt}"`);
  if ('text' in notice && !texts) refuse('nobody speaks texts here (TTS is off): name a recorded prompt');
}

function standingOf({ acd }: ApiPorts, queueId: QueueId): { state: string; until: string | null } | undefined {
  const view = acd.queue(queueId);
  return view === undefined ? undefined : { state: view.switched ? view.state : 'calendar', until: view.switched ? isoOrNull(view.stateUntil) : null };
}
