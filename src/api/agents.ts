/** Agents: queues and skills, and what each is doing now. */
import { z } from 'zod';
import { type AgentId, agentIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { AgentConfiguration } from '../acd/event.ts';
import { agentActivities, agentStates, notReadyReasons } from '../cti/protocol.ts';
import { locationSchema } from '../tenants/location.ts';
import { agentSectionChanges, agentSections, sectionsOfAgent, withAgentSections } from '../tenants/sections.ts';
import { type Action, may, mayAtAll } from '../users/user.ts';
import { asker, author } from './access.ts';
import { demandAgentNames } from './names.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import {
  type Api,
  branded,
  given,
  idSchema,
  iso,
  isoOrNull,
  nameSchema,
  pageOf,
  pageQuery,
  pageRequest,
  pageThrough,
  skillLevelSchema,
  skillNameSchema,
} from './shapes.ts';
import { hotlinesOf } from './tenant.ts';

const numberSchema = z.string().regex(/^[0-9]{2,15}$/, 'a job number: 2 to 15 digits');
const queuesSchema = z.array(idSchema).max(100);
const skillsSchema = z.record(skillNameSchema, skillLevelSchema).refine((skills) => Object.keys(skills).length <= 100, 'at most 100 skills');
/** A phone at a fixed address, which needs no registration. */
const staticContactSchema = z
  .string()
  .regex(/^sip:[A-Za-z0-9._~+-]{1,64}@[A-Za-z0-9.:[\]-]{1,255}(;transport=(udp|tcp))?$/, 'an address like sip:8001@192.0.2.7:5060')
  .nullable();
/** How her phone is rung and what it is sent. */
const phoneSchema = z
  .strictObject({
    autoAnswer: z.enum(['never', 'customers', 'always']),
    userToUser: z.boolean(),
    messageSummary: z.boolean(),
    /** Where it stands: told to emergency services, and to supervisors when it calls them. */
    location: locationSchema,
  })
  .partial();
export const agentSchema = z.object({
  agentId: z.string(),
  number: z.string(),
  name: z.string(),
  queues: z.array(z.string()),
  skills: z.record(z.string(), z.number()),
  staticContact: z.string().nullable(),
  phone: phoneSchema,
  /** On no floor; her phone does not register and she cannot sign in. */
  disabled: z.boolean(),
  ...agentSections,
  live: z
    .object({
      state: z.enum(agentStates),
      /** The same more finely. */
      activity: z.enum(agentActivities),
      /** What takes effect after the call that has her; null = no call has her. */
      afterwards: z.enum(['ready', 'not_ready', 'signed_out']).nullable(),
      reasons: z.array(z.enum(notReadyReasons)),
      /** The supervisor who has made her not ready, which she cannot end herself, and why; null = nobody. */
      heldBy: z.object({ name: z.string().nullable(), note: z.string().nullable() }).nullable(),
      since: z.string(),
      callId: z.string().nullable(),
      wrapUpUntil: z.string().nullable(),
      /** She failed to take a call and is offered none until then. */
      pausedUntil: z.string().nullable(),
      phoneReachable: z.boolean(),
      deskConnected: z.boolean(),
    })
    .nullable(),
});
export const params = z.strictObject({ agentId: idSchema });

const newAgentSchema = z.strictObject({
  number: numberSchema,
  name: nameSchema,
  queues: queuesSchema.default([]),
  skills: skillsSchema.default({}),
  staticContact: staticContactSchema.default(null),
  phone: phoneSchema.default({}),
  ...agentSections,
});
const changeSchema = z
  .strictObject({ name: nameSchema, queues: queuesSchema, skills: skillsSchema, staticContact: staticContactSchema, phone: phoneSchema, disabled: z.boolean() })
  .partial()
  .extend(agentSectionChanges);

export function agents(app: Api, ports: ApiPorts): void {
  readAgents(app, ports);
  addAgent(app, ports);
  changeAgent(app, ports);
  dropAgent(app, ports);
}

export function shown({ acd, directory }: ApiPorts, { tenantId: _, phone = {}, ...rest }: AgentConfiguration) {
  const agent = { ...rest, phone, disabled: directory.agent(rest.agentId) === null };
  const view = acd.agent(agent.agentId);
  if (view === undefined) return { ...agent, live: null };
  const { state, activity, afterwards, reasons, callId, phoneReachable, deskConnected } = view;
  const times = { since: iso(view.since), wrapUpUntil: isoOrNull(view.wrapUpUntil), pausedUntil: isoOrNull(view.pausedUntil) };
  const heldBy = view.heldBy === null ? null : { name: view.heldBy.name, note: view.heldBy.note };
  const live = { state, activity, afterwards, reasons, heldBy, ...times, callId, phoneReachable, deskConnected };
  return { ...agent, live };
}

export function agentOf({ directory }: ApiPorts, tenantId: TenantId, agentId: AgentId): AgentConfiguration {
  const agent = directory.agent(agentId);
  if (agent === null || agent.tenantId !== tenantId) throw new Problem('not_found');
  return agent;
}

/** Also one who is disabled. */
function anyAgentOf(ports: ApiPorts, tenantId: TenantId, agentId: AgentId): AgentConfiguration {
  const disabled = ports.directory.disabledAgents().find((agent) => agent.tenantId === tenantId && agent.agentId === agentId);
  return disabled ?? agentOf(ports, tenantId, agentId);
}

/** What she may not do this to does not exist for her. */
function hers(ports: ApiPorts, user: Identity, action: Action, agentId: AgentId): AgentConfiguration {
  const agent = anyAgentOf(ports, user.tenantId, agentId);
  if (!may(user, action, agent)) throw new Problem('not_found');
  return agent;
}

/** Whoever is signed in, or has a call, is not taken away under its caller. */
function demandSignedOut({ acd }: ApiPorts, agentId: AgentId): void {
  const state = acd.agent(agentId)?.state ?? 'signed_out';
  if (state !== 'signed_out')
    throw new Problem('in_use', `she is signed in (${state}): sign her out first (POST /api/v1/agents/${agentId}/state), which waits for the end of her call`);
}

/** Every queue named must be the tenant's own. */
const ownQueues = ({ directory }: ApiPorts, tenantId: TenantId, queueIds: readonly string[]): QueueId[] =>
  queueIds.map((text, at) => {
    const queue = directory.queue(branded(text));
    if (queue?.tenantId !== tenantId) throw new Problem('validation_failed', '', [{ at: `body.queues.${at}`, message: `no queue "${text}"` }]);
    return queue.queueId;
  });

function readAgents(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/agents',
    {
      config: { action: 'agent.read' },
      schema: { tags: ['agents'], summary: 'Agents', querystring: z.strictObject(pageQuery), response: { 200: pageOf(agentSchema) } },
    },
    async (request) => {
      const user = asker(request);
      const mine = [...ports.directory.agents(), ...ports.directory.disabledAgents()].filter((agent) => may(user, 'agent.read', agent));
      const page = pageThrough(mine, (agent) => agent.agentId, pageRequest(request.query));
      return { ...page, items: page.items.map((agent) => shown(ports, agent)) };
    },
  );

  app.get(
    '/api/v1/agents/:agentId',
    { config: { action: 'agent.read' }, schema: { tags: ['agents'], summary: 'One agent', params, response: { 200: agentSchema } } },
    async (request) => shown(ports, hers(ports, asker(request), 'agent.read', branded(request.params.agentId))),
  );
}

function addAgent(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/agents',
    {
      config: { action: 'agent.change' },
      schema: {
        tags: ['agents'],
        summary: 'Add an agent',
        body: newAgentSchema,
        response: { 201: agentSchema },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { number, name, skills, staticContact, phone } = request.body;
      const agentId = agentIdOf(tenantId, number);
      const taken = ports.directory.agent(agentId) !== null || ports.directory.disabledAgents().some((agent) => agent.agentId === agentId);
      if (taken) throw new Problem('conflict');
      if (hotlinesOf(ports, tenantId).some((hotline) => hotline.number === number))
        throw new Problem('validation_failed', '', [{ at: 'body.number', message: `${number} is a number callers dial: give another` }]);
      const agent: AgentConfiguration = {
        agentId,
        tenantId,
        number,
        name,
        queues: ownQueues(ports, tenantId, request.body.queues),
        skills,
        staticContact,
        phone: given(phone),
        ...sectionsOfAgent(request.body),
      };
      demandAgentNames(ports, undefined, agent);
      await ports.configuration.saveAgent(agent, { ...author(request), action: 'agent.create', resource: `agent/${agentId}`, after: agent });
      reply.code(201);
      return shown(ports, agent);
    },
  );
}

function changeAgent(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/agents/:agentId',
    {
      config: { action: 'agent.assignQueues' },
      schema: {
        tags: ['agents'],
        summary: 'Change an agent’s name, queues or skills; takes effect from her next call',
        params,
        body: changeSchema,
        response: { 200: agentSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { tenantId } = user;
      const personal = (['name', 'staticContact', 'phone', 'disabled'] as const).some((field) => request.body[field] !== undefined);
      if (personal && !mayAtAll(user, 'agent.change')) throw new Problem('forbidden');
      const before = hers(ports, user, 'agent.assignQueues', branded(request.params.agentId));
      const wasDisabled = ports.directory.agent(before.agentId) === null;
      const { disabled = wasDisabled } = request.body;
      if (disabled && !wasDisabled) demandSignedOut(ports, before.agentId);
      const { name = before.name, skills = before.skills, staticContact = before.staticContact } = request.body;
      const queues = request.body.queues === undefined ? before.queues : ownQueues(ports, tenantId, request.body.queues);
      const phone = { ...before.phone, ...given(request.body.phone ?? {}) };
      const after: AgentConfiguration = withAgentSections({ ...before, name, skills, queues, staticContact, phone }, request.body);
      // A lead hands nobody over to a team that is another's.
      if (!may(user, 'agent.assignQueues', after)) throw new Problem('forbidden');
      demandAgentNames(ports, before, after);
      const resource = `agent/${before.agentId}`;
      const { disabled: _its, ...others } = request.body;
      if (Object.keys(others).length > 0) {
        await ports.configuration.saveAgent(after, { ...author(request), action: 'agent.update', resource, before, after });
      }
      const action = disabled ? 'agent.disable' : 'agent.enable';
      if (disabled !== wasDisabled) await ports.configuration.disableAgent(after.agentId, disabled, { ...author(request), action, resource });
      return shown(ports, after);
    },
  );
}

function dropAgent(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/agents/:agentId',
    {
      config: { action: 'agent.change' },
      schema: {
        tags: ['agents'],
        summary: 'Take an agent away, with her phone and her sign-in; her records stay',
        description: 'Refused (409 `in_use`) while she is signed in or has a call, and while the dialplan in use sends calls to her.',
        params,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const before = anyAgentOf(ports, tenantId, branded(request.params.agentId));
      const { agentId } = before;
      demandSignedOut(ports, agentId);
      const all = [...ports.directory.agents(), ...ports.directory.disabledAgents()];
      const others = all.flatMap((agent) => (agent.tenantId === tenantId && agent.agentId !== agentId ? [agent.number] : []));
      const [was, is] = [await ports.dialplans.fits(tenantId, {}), await ports.dialplans.fits(tenantId, { agents: others })];
      const lost = is.filter(({ message }) => !was.some((fault) => fault.message === message));
      if (lost.length > 0)
        throw new Problem(
          'in_use',
          'the dialplan in use would not stand without her',
          lost.map(({ file, line, column, message }) => ({ at: `${file}:${line}:${column}`, message })),
        );
      await ports.configuration.removeAgent(agentId, { ...author(request), action: 'agent.remove', resource: `agent/${agentId}`, before });
      reply.code(204);
      return null;
    },
  );
}
