/** Whom an agent may ask, hand a call to or dial: colleagues as they are now, queues, numbers outside that her queues have for it. */
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import type { AgentView } from '../acd/view.ts';
import { agentActivities } from '../cti/protocol.ts';
import type { User } from '../users/user.ts';
import { asker } from './access.ts';
import { initialsOf } from './pinyin.ts';
import type { ApiPorts } from './ports.ts';
import { type Api, bilingualSchema, iso, isoOrNull } from './shapes.ts';

const MOST_SHOWN = 100;
/** A thousand desks that look at once are shown one and the same list. */
const FRESH_MS = 1_000;

const answerSchema = z.object({
  agents: z.array(z.object({ number: z.string(), name: z.string(), activity: z.enum(agentActivities), since: z.string(), reachable: z.boolean() })),
  queues: z.array(
    z.object({
      /** What a transfer names. */
      queue: z.string(),
      name: bilingualSchema,
      state: z.enum(['open', 'closed', 'emergency']),
      waiting: z.number().int(),
      ready: z.number().int(),
      oldestSince: z.string().nullable(),
    }),
  ),
  numbers: z.array(z.object({ name: bilingualSchema, number: z.string() })),
  /** How many more there are than are shown. */
  more: z.number().int(),
});

interface Entry {
  agent: AgentView;
  /** What a search looks through, in small letters. */
  words: string;
}
interface Kept {
  at: number;
  entries: Entry[];
}

export function directory(app: Api, ports: ApiPorts): void {
  const floor = new Colleagues(ports);
  app.get(
    '/api/v1/directory',
    {
      config: { action: 'agent.read' },
      schema: {
        tags: ['agents'],
        summary: 'Colleagues as they are now, queues and numbers outside, found by name, number or the initials of a Chinese name',
        querystring: z.strictObject({ search: z.string().trim().max(64).default(''), limit: z.coerce.number().int().min(1).max(MOST_SHOWN).default(50) }),
        response: { 200: answerSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { search, limit } = request.query;
      const word = search.toLowerCase();
      const agents = floor.of(user.tenantId).filter(({ agent, words }) => agent.agentId !== user.agentId && words.includes(word));
      const shown = agents.slice(0, limit).map(({ agent: { number, name, activity, since, phoneReachable } }) => ({
        ...{ number, name, activity, since: iso(since), reachable: phoneReachable },
      }));
      return { agents: shown, queues: queuesFor(ports, user, word), numbers: numbersFor(ports, user, word), more: agents.length - shown.length };
    },
  );
}

/** Who can take a call now first, then who is on one, then the others; each by number. */
const order = ['ready', 'serving', 'reserved', 'ringing', 'wrapping_up', 'talking', 'holding', 'consulting', 'not_ready', 'signed_out'];

class Colleagues {
  readonly #ports: Pick<ApiPorts, 'clock' | 'acd'>;
  readonly #kept = new Map<TenantId, Kept>();
  /** Initials are worked out once a name. */
  readonly #initials = new Map<string, string>();

  constructor(ports: Pick<ApiPorts, 'clock' | 'acd'>) {
    this.#ports = ports;
  }

  of(tenantId: TenantId): Entry[] {
    const { clock, acd } = this.#ports;
    const at = clock.now();
    const kept = this.#kept.get(tenantId);
    if (kept !== undefined && at - kept.at < FRESH_MS) return kept.entries;
    const entries = acd
      .agents(tenantId)
      .map((agent) => ({ agent, words: `${agent.number} ${agent.name} ${this.#initialsOf(agent.name)}`.toLowerCase() }))
      .sort(({ agent: a }, { agent: b }) => order.indexOf(a.activity) - order.indexOf(b.activity) || (a.number < b.number ? -1 : 1));
    this.#kept.set(tenantId, { at, entries });
    return entries;
  }

  #initialsOf(name: string): string {
    const known = this.#initials.get(name) ?? initialsOf(name);
    if (this.#initials.size < 50_000) this.#initials.set(name, known);
    return known;
  }
}

const says = (name: { zh: string; en: string }, more: string, word: string): boolean =>
  `${name.zh} ${name.en} ${initialsOf(name.zh)} ${more}`.toLowerCase().includes(word);

function queuesFor({ acd }: ApiPorts, { tenantId }: User, word: string) {
  return acd
    .queues(tenantId)
    .map(({ queueId, configuration: { name }, state, waiting, ready, oldestSince }) => ({
      ...{ queue: queueId.slice(tenantId.length + 1), name, state, waiting, ready, oldestSince: isoOrNull(oldestSince) },
    }))
    .filter(({ queue, name }) => says(name, queue, word))
    .slice(0, MOST_SHOWN);
}

/** Of the queues she is in; a supervisor's desk may be in none and has those of all. */
function numbersFor({ acd, directory: house }: ApiPorts, { tenantId, agentId, role }: User, word: string) {
  const own = agentId === null ? [] : (acd.agent(agentId)?.queues ?? []);
  const queues = role === 'agent' ? own.flatMap((queueId) => house.queue(queueId) ?? []) : house.queues().filter((queue) => queue.tenantId === tenantId);
  const all = new Map(queues.flatMap(({ desk }) => desk?.numbers ?? []).map((entry) => [entry.number, entry]));
  return [...all.values()].filter(({ name, number }) => says(name, number, word)).slice(0, MOST_SHOWN);
}
