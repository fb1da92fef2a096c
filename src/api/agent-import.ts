/** Many agents at once, from a file or from a list somebody has marked: first what would come of it, row by row; then all of it, or nothing. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import { type AgentRow, type AgentsThereAre, planAgents, rowFaults, rowFields } from '../tenants/agent-rows.ts';
import { type Author, asker, author } from './access.ts';
import type { ApiPorts, NewUser } from './ports.ts';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';
import { hotlinesOf, settingsOf } from './tenant.ts';

const MOST_ROWS = 3_000;
/** Each is hashed, which takes its time on purpose. */
const MOST_NEW_SIGN_INS = 500;
const BODY_LIMIT_BYTES = 2 * 1_048_576;
const text = z.string().max(200);

/** Loose on purpose: what is wrong is told by its row, not as a fault of the whole. */
const rowSchema = z.strictObject({
  number: text,
  name: text.optional(),
  queues: z.array(text).max(100).optional(),
  skills: z
    .record(text, z.number())
    .refine((skills) => Object.keys(skills).length <= 100, 'at most 100 skills')
    .optional(),
  /** '' takes it away. */
  team: text.optional(),
  site: text.optional(),
  /** Makes a sign-in whose user name is the number. */
  password: z.string().max(128).optional(),
});
const bodySchema = z.strictObject({
  rows: z.array(rowSchema).min(1).max(MOST_ROWS),
  /** false: only what would come of it. */
  apply: z.boolean().default(false),
  /** Of the preview that was confirmed; whoever changed one of these agents since has made it void. */
  basis: z.string().max(64).optional(),
});
const planSchema = z.object({
  applied: z.boolean(),
  basis: z.string(),
  counts: z.object({ new: z.number().int(), changed: z.number().int(), same: z.number().int(), faulty: z.number().int() }),
  rows: z.array(
    z.object({
      number: z.string(),
      outcome: z.enum(['new', 'changed', 'same', 'faulty']),
      changes: z.array(z.object({ field: z.enum(rowFields), before: z.string(), after: z.string() })),
      faults: z.array(z.object({ field: z.enum(['number', ...rowFields]), code: z.enum(rowFaults), value: z.string() })),
    }),
  ),
});

export function agentImport(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/agents/import',
    {
      config: { action: 'agent.change' },
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        tags: ['agents'],
        summary: 'Add and change many agents: a preview with the faults of each row, then all or nothing',
        body: bodySchema,
        response: { 200: planSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const { rows, apply, basis: confirmed } = request.body;
      const there = await thereAre(ports, tenantId, rows);
      const plan = planAgents(rows, there);
      const basis = basisOf(rows, there);
      const count = (outcome: string): number => plan.rows.filter((row) => row.outcome === outcome).length;
      const told = { basis, rows: plan.rows, counts: { new: count('new'), changed: count('changed'), same: count('same'), faulty: count('faulty') } };
      if (!apply) return { ...told, applied: false };
      if (told.counts.faulty > 0) throw new Problem('validation_failed', '', faultsOf(plan.rows));
      if (confirmed !== basis) throw new Problem('changed_since');
      await write(ports, author(request), plan);
      return { ...told, applied: true };
    },
  );
}

async function thereAre({ directory, users }: ApiPorts, tenantId: TenantId, rows: readonly AgentRow[]): Promise<AgentsThereAre> {
  const mine = [...directory.agents(), ...directory.disabledAgents()].filter((agent) => agent.tenantId === tenantId);
  const queues = directory.queues().filter((queue) => queue.tenantId === tenantId);
  const wantSignIn = rows.filter(({ password }) => password !== undefined);
  if (wantSignIn.length > MOST_NEW_SIGN_INS)
    throw new Problem('validation_failed', '', [{ at: 'body.rows', message: `at most ${MOST_NEW_SIGN_INS} passwords` }]);
  const signIns = wantSignIn.length === 0 ? [] : await users.names(tenantId);
  return {
    tenantId,
    agents: new Map(mine.map((agent) => [agent.number, agent])),
    queues: new Set(queues.map(({ queueId }) => queueId.slice(tenantId.length + 1))),
    signIns: new Set(signIns),
    hotlines: new Set(hotlinesOf({ directory }, tenantId).map(({ number }) => number)),
  };
}

/** The rows and what they meet: another file, or agents that somebody else has changed, make another. */
function basisOf(rows: readonly AgentRow[], { agents }: AgentsThereAre): string {
  const met = rows.map(({ number }) => agents.get(number) ?? null);
  return createHash('sha256')
    .update(JSON.stringify([rows, met]))
    .digest('hex')
    .slice(0, 32);
}

const MOST_FAULTS_TOLD = 100;
const faultsOf = (rows: ReturnType<typeof planAgents>['rows']): { at: string; message: string }[] =>
  rows
    .flatMap(({ faults }, at) => faults.map(({ field, code, value }) => ({ at: `body.rows.${at}.${field}`, message: `${code}: ${value}` })))
    .slice(0, MOST_FAULTS_TOLD);

async function write(ports: ApiPorts, by: Author, plan: ReturnType<typeof planAgents>): Promise<void> {
  if (plan.agents.length === 0) return;
  const after = plan.rows.filter(({ outcome }) => outcome !== 'same');
  const { language } = settingsOf(ports, by.tenantId);
  const signIns = plan.logins.map(({ agentId, number, name, password }): NewUser => ({ username: number, name, role: 'agent', language, agentId, password }));
  const told = { ...by, action: 'agent.import', resource: `tenant/${by.tenantId}`, after };
  await ports.configuration.saveAgents(by.tenantId, plan.agents, signIns, told);
}
