/** Customers are erased on their request: begun here, gone on with by itself, and what came of each. */
import { z } from 'zod';
import { NotNow } from '../customers/erasure.ts';
import type { Erasure } from '../store/erasures.ts';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema, iso, isoOrNull } from './shapes.ts';

const count = z.number().int();
const erasureSchema = z.object({
  erasureId: z.string(),
  reason: z.string(),
  begunAt: z.string(),
  /** null: it goes on by itself, each minute and at each start, until it has ended. */
  endedAt: z.string().nullable(),
  /** How many were blanked or destroyed; `held`: calls that stay because a recording of theirs is under legal hold; `failed`: recordings that are tried again. */
  report: z.object({ calls: count, interactions: count, recordings: count, held: count, failed: count }),
});
const reason = z.string().trim().min(1).max(500);

const shown = ({ erasureId, reason: why, begunAt, endedAt, report }: Erasure): z.infer<typeof erasureSchema> => ({
  ...{ erasureId, reason: why, begunAt: iso(begunAt), endedAt: isoOrNull(endedAt) },
  report: { calls: 0, interactions: 0, recordings: 0, held: 0, failed: 0, ...report },
});

export function erasures(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/customers/:customerId/erasure',
    {
      config: { action: 'recording.keep' },
      schema: {
        tags: ['customers'],
        summary:
          'Erase a customer: her card, what is personal in the records of her calls and messages, her recordings, and her keys in the journal. Cannot be undone; legal holds win',
        params: z.strictObject({ customerId: idSchema }),
        body: z.strictObject({ reason }),
        response: { 200: erasureSchema },
      },
    },
    async (request) => {
      const { customerId } = request.params;
      return begun(ports, { customerId: branded(customerId) }, request.body.reason, { ...asker(request), source: request.ip });
    },
  );
  app.post(
    '/api/v1/erasures',
    {
      config: { action: 'recording.keep' },
      schema: {
        tags: ['customers'],
        summary: 'The same of whoever calls or writes from a number or an address, known as a customer or not',
        body: z.strictObject({ number: z.string().trim().min(3).max(254), reason }),
        response: { 200: erasureSchema },
      },
    },
    async (request) => begun(ports, { number: request.body.number }, request.body.reason, { ...asker(request), source: request.ip }),
  );
  app.get(
    '/api/v1/erasures',
    {
      config: { action: 'erasure.read' },
      schema: {
        tags: ['customers'],
        summary: 'Erasures, the newest first (200 at most): when, why, and what came of them; not of whom',
        response: { 200: z.object({ items: z.array(erasureSchema) }) },
      },
    },
    async (request) => ({ items: (await ports.erasures.list(asker(request).tenantId)).map(shown) }),
  );
}

type Begin = Parameters<ApiPorts['erasures']['begin']>;

async function begun(
  ports: ApiPorts,
  who: Begin[1],
  why: string,
  { tenantId, userId, source }: { tenantId: Begin[0]; userId: Begin[3]['userId']; source: string },
): Promise<z.infer<typeof erasureSchema>> {
  try {
    const erasure = await ports.erasures.begin(tenantId, who, why, { userId, source });
    if (erasure === null) throw new Problem('not_found');
    return shown(erasure);
  } catch (error) {
    if (error instanceof NotNow) throw new Problem('not_now', error.message);
    throw error;
  }
}
