/**
 * One thing shown in clear to who sees it masked (`personal.reveal`): for a reason, in the audit trail before it is shown, and not many in a row. A search by a
 * whole number says whose it is as well, and goes the same way; by its last four digits it is anybody's.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AgentId, UserId } from '../../kernel/ids.ts';
import { maskNumber } from '../../kernel/mask.ts';
import { may, mayAtAll } from '../users/user.ts';
import { asker, author } from './access.ts';
import { callbackFor } from './callbacks.ts';
import { callFor } from './calls.ts';
import { customerFor } from './customers.ts';
import { interactionFor } from './interactions.ts';
import { ownersOf, personalOf, type Revealable } from './personal.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { mayToAny } from './scope.ts';
import { type Api, idSchema } from './shapes.ts';

const kinds = ['call', 'customer', 'callback', 'interaction'] as const;
type Kind = (typeof kinds)[number];

const finders: Record<Kind, (ports: ApiPorts, user: Identity, id: string) => Revealable | Promise<Revealable>> = {
  call: callFor,
  customer: customerFor,
  callback: callbackFor,
  interaction: interactionFor,
};
/** Who may not read it at all is not shown it either. */
const readers = { customer: 'customer.read', callback: 'callback.read', interaction: 'interaction.read' } as const;

/** Of one user: enough for an evaluator's work, and too few to copy a floor's callers. */
const MOST = 60;
const IN_MS = 600_000;
/** A list that is looked at through a number asks for it again and again. */
const ONE_SEARCH_MS = 600_000;
const MOST_USERS = 10_000;

/** What was revealed to whom lately. */
export class Reveals {
  readonly #ports: Pick<ApiPorts, 'clock' | 'audit'>;
  readonly #spent = new Map<UserId, number[]>();
  readonly #searches = new Map<string, number>();

  constructor(ports: Pick<ApiPorts, 'clock' | 'audit'>) {
    this.#ports = ports;
  }

  /** Throws too_many_requests. */
  spend(userId: UserId): void {
    const now = this.#ports.clock.now();
    const lately = (this.#spent.get(userId) ?? []).filter((at) => at > now - IN_MS);
    if (lately.length >= MOST) throw new Problem('too_many_requests', `${MOST} reveals and searches by number in ${IN_MS / 60_000} minutes`);
    if (this.#spent.size >= MOST_USERS) this.#spent.clear();
    this.#spent.set(userId, [...lately, now]);
  }

  /** Before what is asked for is looked up: free to who sees it all, and with what is no person's number; throws forbidden, too_many_requests. `of`: her own agents' things alone are hers anyway. */
  async searched(request: FastifyRequest, what: string, numbers: Record<string, string | undefined>, of: readonly AgentId[] = []): Promise<void> {
    const user = asker(request);
    const asked = Object.entries(numbers).flatMap(([name, number]) => {
      const digits = (number ?? '').replaceAll(/[ -]/g, '');
      const masked = maskNumber(digits);
      return masked === digits ? [] : [{ name, digits, masked }];
    });
    const { tenantId, userId } = user;
    if (asked.length === 0 || may(user, 'personal.read', { tenantId })) return;
    if (of.length > 0 && of.every((agentId) => may(user, 'personal.read', { tenantId, agentId }))) return;
    if (!mayAtAll(user, 'personal.reveal')) throw new Problem('forbidden', 'search by the last four digits');
    const key = [userId, what, ...asked.map(({ name, digits }) => `${name}=${digits}`)].join(' ');
    const now = this.#ports.clock.now();
    if ((this.#searches.get(key) ?? Number.NEGATIVE_INFINITY) > now - ONE_SEARCH_MS) return;
    this.spend(userId);
    const after = Object.fromEntries(asked.map(({ name, masked }) => [name, masked]));
    await this.#ports.audit.write({ ...author(request), action: 'personal.search', resource: what, after });
    if (this.#searches.size >= MOST_USERS) this.#searches.clear();
    this.#searches.set(key, now);
  }
}

export function reveal(app: Api, ports: ApiPorts, reveals: Reveals): void {
  app.post(
    '/api/v1/reveals',
    {
      config: { action: 'personal.reveal' },
      schema: {
        tags: ['calls'],
        summary: `Show one call, customer, callback or interaction in clear, for a reason; it is in the audit trail. ${MOST} in ${IN_MS / 60_000} minutes at most`,
        body: z.strictObject({ kind: z.enum(kinds), id: idSchema, reason: z.string().trim().min(3).max(200) }),
        response: {
          200: z.object({
            values: z.record(z.string(), z.string()).describe('By where it stands in the answer that has it masked: `caller`, `data.account`, `legs.0.target`'),
          }),
        },
      },
    },
    async (request, reply) => {
      const user = asker(request);
      const { kind, id, reason } = request.body;
      if (kind !== 'call' && !mayAtAll(user, readers[kind])) throw new Problem('forbidden');
      const { schema, value } = await finders[kind](ports, user, id);
      if (!mayToAny(ports, user, 'personal.reveal', { tenantId: user.tenantId, agentIds: ownersOf(value) })) throw new Problem('forbidden');
      const values = personalOf(schema, value);
      reveals.spend(user.userId);
      await ports.audit.write({ ...author(request), action: 'personal.reveal', resource: `${kind}/${id}`, after: { reason, fields: Object.keys(values) } });
      reply.header('cache-control', 'no-store');
      return { values };
    },
  );
}
