/** A signed-in agent's browser asks what to register its phone with. */
import { z } from 'zod';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, iso } from './shapes.ts';

export function phonePasses(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/phone-passes',
    {
      config: { action: 'desk.use' },
      schema: {
        tags: ['sessions'],
        summary: 'Credentials for a phone in this browser, at /sip: hers alone, and void with the token',
        response: {
          201: z.object({
            /** The address that is registered: `8001@10.0.0.5` */
            address: z.string(),
            username: z.string(),
            password: z.string(),
            expiresAt: z.string(),
          }),
        },
      },
    },
    async (request, reply) => {
      const user = asker(request);
      const { agentId, tenantId, username } = user;
      if (agentId === null) throw new Problem('forbidden', 'only agents have phones');
      if (ports.phonePasses === null) throw new Problem('not_found', 'browsers register with the SIP server that DRACHTIO_URL names');
      const pass = ports.phonePasses.make(user, agentId, request.token ?? '');
      await ports.audit.write({ ...author(request), action: 'phone.pass', resource: `agent/${agentId}` });
      reply.code(201).header('cache-control', 'no-store');
      return { address: `${username}@${ports.phonePasses.domain(tenantId)}`, username: pass.username, password: pass.password, expiresAt: iso(pass.expiresAt) };
    },
  );
}
