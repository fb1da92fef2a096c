/** How the legs of a call that is up sound right now: measured by the media server when it is asked. What they sounded like stands in the record. */
import { z } from 'zod';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { mayToAny } from './scope.ts';
import { type Api, branded, idSchema } from './shapes.ts';

const directionSchema = z.object({ mos: z.number(), worstMos: z.number(), lossPct: z.number(), jitterMs: z.number() });
/** `heard`: the party as it reaches us; `sent`: we, as it reports us over RTCP. null = nothing to tell by. */
export const audioSchema = z.object({
  codec: z.string().nullable(),
  heard: directionSchema.nullable(),
  sent: directionSchema.nullable(),
  roundTripMs: z.number().nullable(),
  troubles: z.array(z.enum(['not_heard', 'not_hearing', 'poor'])),
  /** Only where audio went from phone to phone: what the party's phone said at the end that it received, `not_measured` = it said nothing. */
  direct: z.union([directionSchema, z.literal('not_measured')]).optional(),
});

export function callAudio(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/calls/:callId/audio',
    {
      config: { action: 'call.readLive' },
      schema: {
        tags: ['calls'],
        summary: 'How each leg of a call that is up sounds now: MOS estimate, loss, jitter, round trip, troubles',
        params: z.strictObject({ callId: idSchema }),
        response: { 200: z.object({ legs: z.array(z.object({ legId: z.string(), role: z.string(), audio: audioSchema.nullable() })) }) },
      },
    },
    async (request) => {
      const user = asker(request);
      const call = ports.calls.get(branded<Parameters<ApiPorts['calls']['get']>[0]>(request.params.callId));
      const legs = [...(call?.legs.values() ?? [])];
      // Another's call does not exist for her.
      const agentIds = legs.map(({ agentId }) => agentId);
      if (call === undefined || !mayToAny(ports, user, 'call.readLive', { tenantId: call.tenantId, agentIds })) throw new Problem('not_found');
      return { legs: await Promise.all(legs.map(async ({ legId, role }) => ({ legId, role, audio: await ports.legAudio(legId) }))) };
    },
  );
}
