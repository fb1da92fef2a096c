/** The SIP messages of one call, of all its legs, as long as the SIP server remembers them. For those who look after the house, and each look is on record. */
import { z } from 'zod';
import { personal } from '../../kernel/mask.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema } from './shapes.ts';

const messageSchema = z.object({
  at: z.string(),
  direction: z.enum(['in', 'out']),
  peer: z.string(),
  callId: z.string(),
  text: z.string().meta(personal('message')),
});

export function sipTrace(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/:callId/sip-trace',
    {
      config: { action: 'call.trace' },
      schema: {
        tags: ['calls'],
        summary: 'SIP messages of one call, oldest first; credentials, media keys and pressed digits are masked',
        params: z.strictObject({ callId: idSchema }),
        response: { 200: z.object({ messages: z.array(messageSchema) }) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const callId = branded<Parameters<ApiPorts['calls']['get']>[0]>(request.params.callId);
      // Another tenant's call does not exist.
      const known = ports.calls.get(callId)?.tenantId === tenantId || (await ports.records.get(tenantId, callId)) !== null;
      if (!known) throw new Problem('not_found');
      if (ports.sipTrace === null) throw new Problem('unavailable', 'the SIP server that DRACHTIO_URL names keeps no trace for us');
      await ports.audit.write({ ...author(request), action: 'call.trace', resource: `call/${callId}` });
      const messages = await ports.sipTrace(callId).catch((error: unknown) => {
        ports.log.warn({ err: error }, 'no trace from the SIP server');
        throw new Problem('unavailable', 'the SIP server does not answer');
      });
      return { messages };
    },
  );
}
