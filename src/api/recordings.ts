/** Recordings: what they are, their sound and outline, pauses while a call is up, and how long they are kept. Nobody hears another tenant's. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { CallId } from '../../kernel/ids.ts';
import { SealError } from '../../kernel/seal/format.ts';
import type { RecordedAudio } from '../recordings/audio.ts';
import type { StoredRecording } from '../recordings/recordings.ts';
import { type RecordingRules, recordingRulesSchema } from '../recordings/rules.ts';
import type { Action } from '../users/user.ts';
import { asker, author } from './access.ts';
import { rangeOf } from './playback.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { mayToAny } from './scope.ts';
import { type Api, branded, given, idSchema, iso, isoOrNull } from './shapes.ts';

/** When both sides are silent because somebody had it paused, in ms since its beginning; null = its end is not known. */
export const pausesSchema = z.array(z.object({ fromMs: z.number(), toMs: z.number().nullable() }));
const recordingSchema = z.object({
  recordingId: z.string(),
  callId: z.string(),
  /** Who talked with the customer in it; null: nobody of ours. */
  agentId: z.string().nullable(),
  startedAt: z.string(),
  durationMs: z.number().nullable(),
  complete: z.boolean(),
  reason: z.string().nullable(),
  bytes: z.number().nullable(),
  pauses: pausesSchema,
  /** Whether its file can be proved unchanged. */
  sealed: z.boolean(),
  legalHold: z.boolean(),
  erasedAt: z.string().nullable(),
  eraseReason: z.string().nullable(),
});
const reportSchema = z.object({ erased: z.array(z.string()), held: z.array(z.string()), failed: z.array(z.string()) });
const ticketSchema = z.object({ url: z.string(), expiresAt: z.string() });
const peaksSchema = z.object({ stepMs: z.number(), left: z.array(z.number()), right: z.array(z.number()) });
const reason = z.string().trim().min(1).max(500);
const recordingParams = z.strictObject({ recordingId: idSchema });
const callParams = z.strictObject({ callId: idSchema });
const [WAV, OGG] = ['audio/wav', 'audio/ogg'] as const;
const MOST_STEPS = 4000;
const USUAL_STEPS = 800;
const LONGEST_PAUSE_SECONDS = 900;

const shown = (row: StoredRecording): z.infer<typeof recordingSchema> => ({
  ...{
    recordingId: row.recordingId,
    callId: row.callId,
    agentId: row.agentId,
    startedAt: iso(row.startedAt),
    durationMs: row.durationMs,
    complete: row.complete,
  },
  ...{ reason: row.reason, bytes: row.bytes, pauses: row.pauses, sealed: row.seal !== null, legalHold: row.legalHold },
  ...{ erasedAt: isoOrNull(row.erasedAt), eraseReason: row.eraseReason },
});

/** What she may not do this to does not exist for her. */
async function recordingOf(ports: ApiPorts, user: Identity, action: Action, recordingId: string): Promise<StoredRecording> {
  const { tenantId } = user;
  const found = await ports.recordings.get(tenantId, recordingId);
  if (found === null || !mayToAny(ports, user, action, { tenantId, agentIds: found.agentIds })) throw new Problem('not_found');
  return found;
}

const audited = (ports: ApiPorts, request: FastifyRequest, action: string, resource: string, after?: object): Promise<void> =>
  ports.audit.write({ ...author(request), action, resource, ...(after === undefined ? {} : { after }) });

const eraser = (request: FastifyRequest) => ({ userId: asker(request).userId, source: request.ip });

export function recordings(app: Api, ports: ApiPorts): void {
  read(app, ports);
  hear(app, ports);
  admit(app, ports);
  outline(app, ports);
  hold(app, ports);
  holdCall(app, ports);
  eraseOne(app, ports);
  eraseCustomer(app, ports);
  rules(app, ports);
  pauses(app, ports);
}

function read(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/recordings/:recordingId',
    {
      config: { action: 'record.read' },
      schema: { tags: ['recordings'], summary: 'What is known of a recording', params: recordingParams, response: { 200: recordingSchema } },
    },
    async (request) => shown(await recordingOf(ports, asker(request), 'record.read', request.params.recordingId)),
  );
  app.get(
    '/api/v1/calls/:callId/recordings',
    {
      config: { action: 'record.read' },
      schema: {
        tags: ['recordings'],
        summary:
          'The recordings of a call in order: one for each stretch that the same two parties talked, and where it begins in the sound of all (`/recording`)',
        params: callParams,
        response: { 200: z.object({ items: z.array(recordingSchema.extend({ offsetMs: z.number().nullable() })) }) },
      },
    },
    async (request) => {
      const user = asker(request);
      const all = await ports.recordings.ofCall(user.tenantId, branded(request.params.callId));
      const seen = all.filter(({ agentIds }) => mayToAny(ports, user, 'record.read', { tenantId: user.tenantId, agentIds }));
      let offsetMs = 0;
      return {
        items: seen.map((row) => {
          const begins = row.erasedAt === null ? offsetMs : null;
          if (row.erasedAt === null) offsetMs += row.durationMs ?? 0;
          return { ...shown(row), offsetMs: begins };
        }),
      };
    },
  );
}

function hear(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/recordings/:recordingId/audio',
    {
      config: { action: 'recording.play', ticketed: true },
      schema: {
        tags: ['recordings'],
        summary:
          'Its sound, caller left, agent right: a WAV, or as Ogg if it was kept as Opus and that is wanted; understands Range. With a ticket, for a player that shows no token',
        params: recordingParams,
        querystring: z.strictObject({ ticket: z.string().max(64).optional(), as: z.enum(['wav', 'opus']).default('wav') }),
      },
    },
    async (request, reply) => {
      const recording = await recordingOf(ports, asker(request), 'recording.play', request.params.recordingId);
      return sendAudio(ports, recording, request, reply, request.query.as);
    },
  );
}

function admit(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/recordings/:recordingId/tickets',
    {
      config: { action: 'recording.play' },
      schema: {
        tags: ['recordings'],
        summary: 'An address of its sound that needs no token: for two hours, and no longer than this sign-in',
        params: recordingParams,
        response: { 201: ticketSchema },
      },
    },
    async (request, reply) => {
      const { recordingId } = await recordingOf(ports, asker(request), 'recording.play', request.params.recordingId);
      const { ticket, until } = app.tickets.issue(`recording/${recordingId}`, request.token ?? '', ports.clock.now());
      reply.code(201).header('cache-control', 'no-store');
      return { url: `/api/v1/recordings/${encodeURIComponent(recordingId)}/audio?ticket=${ticket}`, expiresAt: iso(until) };
    },
  );
  app.post(
    '/api/v1/calls/:callId/recording/tickets',
    {
      config: { action: 'recording.play' },
      schema: {
        tags: ['recordings'],
        summary: 'An address of the sound of all recordings of a call (`/recording`) that needs no token: for two hours, and no longer than this sign-in',
        params: callParams,
        response: { 201: ticketSchema },
      },
    },
    async (request, reply) => {
      const { callId } = request.params;
      await playable(ports, asker(request), callId);
      const { ticket, until } = app.tickets.issue(`call/${callId}`, request.token ?? '', ports.clock.now());
      reply.code(201).header('cache-control', 'no-store');
      return { url: `/api/v1/calls/${encodeURIComponent(callId)}/recording?ticket=${ticket}`, expiresAt: iso(until) };
    },
  );
}

async function sendAudio(ports: ApiPorts, recording: StoredRecording, request: FastifyRequest, reply: FastifyReply, as: 'wav' | 'opus'): Promise<FastifyReply> {
  const audio = await opened(ports, [recording]);
  reply.type(as === 'opus' && audio.ogg !== undefined ? OGG : WAV);
  return send(ports, as === 'opus' ? { ...audio, ...audio.ogg } : audio, `recording/${recording.recordingId}`, request, reply);
}

/** Of one call, as one; what was erased is left out, and of nothing but erased ones it is told so. */
export async function sendAll(
  ports: ApiPorts,
  recordings: readonly StoredRecording[],
  request: FastifyRequest,
  reply: FastifyReply,
  as: 'wav' | 'opus',
): Promise<FastifyReply> {
  const left = recordings.filter(({ erasedAt }) => erasedAt === null);
  const [first] = left.length > 0 ? left : recordings;
  if (first === undefined) throw new Problem('not_found');
  if (left.length <= 1) return sendAudio(ports, first, request, reply, as);
  return send(ports, await opened(ports, left), `call/${first.callId}`, request, reply.type(WAV));
}

/** Written to the audit trail before a byte of it goes out. `reply` knows of what type it is. */
async function send(
  ports: ApiPorts,
  audio: Pick<RecordedAudio, 'bytes' | 'read' | 'close'>,
  resource: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.raw.once('close', () => void audio.close());
  reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store');
  reply.header(
    'content-disposition',
    `inline; filename="${resource.replace(/^[a-z]+\//, '').replaceAll(/[^A-Za-z0-9_.-]/g, '_')}.${reply.getHeader('content-type') === OGG ? 'opus' : 'wav'}"`,
  );
  let part: ReturnType<typeof rangeOf>;
  try {
    part = rangeOf(request.headers.range, audio.bytes);
  } catch (error) {
    reply.header('content-range', `bytes */${audio.bytes}`);
    throw error;
  }
  const { first, last } = part ?? { first: 0, last: audio.bytes - 1 };
  await audited(ports, request, 'recording.play', resource, { first, last });
  if (part !== null) reply.code(206).header('content-range', `bytes ${first}-${last}/${audio.bytes}`);
  return reply.header('content-length', last - first + 1).send(Readable.from(audio.read(first, last + 1), { objectMode: false }));
}

async function opened(ports: ApiPorts, recordings: readonly StoredRecording[]): Promise<RecordedAudio> {
  if (recordings.some(({ erasedAt }) => erasedAt !== null)) throw new Problem('recording_erased');
  return ports.recordings.openAll(recordings).catch((error: unknown) => refuse(ports, recordings, error));
}

function refuse({ log }: ApiPorts, recordings: readonly StoredRecording[], error: unknown): never {
  log.error({ err: error, recordings: recordings.map(({ recordingId }) => recordingId) }, 'a recording cannot be played');
  if (error instanceof SealError) throw new Problem('recording_changed', error.message);
  throw new Problem('not_found');
}

function outline(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/recordings/:recordingId/peaks',
    {
      config: { action: 'recording.play' },
      schema: {
        tags: ['recordings'],
        summary: 'Its outline, for a waveform: the loudest sample of each step, 0 to 1, for each side',
        params: recordingParams,
        querystring: z.strictObject({ steps: z.coerce.number().int().min(1).max(MOST_STEPS).default(USUAL_STEPS) }),
        response: { 200: peaksSchema },
      },
    },
    async (request) => {
      const recording = await recordingOf(ports, asker(request), 'recording.play', request.params.recordingId);
      if (recording.erasedAt !== null) throw new Problem('recording_erased');
      return ports.recordings.peaks(recording, request.query.steps).catch((error: unknown) => refuse(ports, [recording], error));
    },
  );
  app.get(
    '/api/v1/calls/:callId/recording/peaks',
    {
      config: { action: 'recording.play' },
      schema: {
        tags: ['recordings'],
        summary: 'The outline of all recordings of a call as one, for the player of `/recording`',
        params: callParams,
        querystring: z.strictObject({ steps: z.coerce.number().int().min(1).max(MOST_STEPS).default(USUAL_STEPS) }),
        response: { 200: peaksSchema },
      },
    },
    async (request) => {
      const left = (await playable(ports, asker(request), request.params.callId)).filter(({ erasedAt }) => erasedAt === null);
      if (left.length === 0) throw new Problem('recording_erased');
      return ports.recordings.peaksOfAll(left, request.query.steps).catch((error: unknown) => refuse(ports, left, error));
    },
  );
}

/** The recordings of a call that she may play; who may play none does not find it. */
export async function playable(ports: ApiPorts, user: Identity, callId: string): Promise<StoredRecording[]> {
  const { tenantId } = user;
  const all = await ports.recordings.ofCall(tenantId, branded(callId));
  const mine = all.filter(({ agentIds }) => mayToAny(ports, user, 'recording.play', { tenantId, agentIds }));
  if (mine.length === 0) throw new Problem('not_found');
  return mine;
}

function hold(app: Api, ports: ApiPorts): void {
  app.put(
    '/api/v1/recordings/:recordingId/hold',
    {
      config: { action: 'recording.keep' },
      schema: {
        tags: ['recordings'],
        summary: 'Legal hold: while it lies on a recording, nothing erases it',
        params: recordingParams,
        body: z.strictObject({ hold: z.boolean(), reason }),
        response: { 200: recordingSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { recordingId } = request.params;
      const recording = await recordingOf(ports, user, 'recording.keep', recordingId);
      await audited(ports, request, request.body.hold ? 'recording.hold' : 'recording.release', `recording/${recordingId}`, { reason: request.body.reason });
      const done = await ports.recordings.hold(recording, request.body.hold);
      if (done !== 'done') throw new Problem(done === 'erased' ? 'recording_erased' : 'call_held');
      return shown(await recordingOf(ports, user, 'recording.keep', recordingId));
    },
  );
}

function holdCall(app: Api, ports: ApiPorts): void {
  app.put(
    '/api/v1/calls/:callId/hold',
    {
      config: { action: 'recording.keep' },
      schema: {
        tags: ['calls'],
        summary: 'Legal hold on a call: while it lies, nothing erases its record nor any recording of it. Lifted, those of its recordings are lifted too',
        params: callParams,
        body: z.strictObject({ hold: z.boolean(), reason }),
        response: { 200: z.object({ callId: z.string(), legalHold: z.boolean() }) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const callId = branded<CallId>(request.params.callId);
      const { hold: wanted, reason: why } = request.body;
      if ((await ports.records.get(tenantId, callId)) === null)
        throw new Problem('not_found', 'there is no record of it; a call that is up has one when it is over');
      await audited(ports, request, wanted ? 'call.hold' : 'call.release', `call/${callId}`, { reason: why });
      if (!(await ports.recordings.holdCall(tenantId, callId, wanted))) throw new Problem('not_found');
      return { callId, legalHold: wanted };
    },
  );
}

function eraseOne(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/recordings/:recordingId/erasure',
    {
      config: { action: 'recording.keep' },
      schema: {
        tags: ['recordings'],
        summary: 'Destroy its key and its file; the record that there was one stays',
        params: recordingParams,
        body: z.strictObject({ reason }),
        response: { 200: recordingSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { recordingId } = request.params;
      const recording = await recordingOf(ports, user, 'recording.keep', recordingId);
      if (recording.erasedAt === null && (await ports.recordings.erase(recording, request.body.reason, eraser(request))) === 'held')
        throw new Problem('recording_held');
      return shown(await recordingOf(ports, user, 'recording.keep', recordingId));
    },
  );
}

function eraseCustomer(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/customers/:customerId/recordings/erasure',
    {
      config: { action: 'recording.keep' },
      schema: {
        tags: ['recordings'],
        summary: 'Destroy every recording of one customer that is not held',
        params: z.strictObject({ customerId: idSchema }),
        body: z.strictObject({ reason }),
        response: { 200: reportSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { customerId } = request.params;
      await audited(ports, request, 'customer.eraseRecordings', `customer/${customerId}`, { reason: request.body.reason });
      return ports.recordings.eraseCustomer(user.tenantId, branded(customerId), request.body.reason, eraser(request));
    },
  );
}

function rules(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/recording-rules',
    {
      config: { action: 'record.read' },
      schema: {
        tags: ['recordings'],
        summary: 'How long recordings and records are kept, and whether calls must be recorded',
        response: { 200: recordingRulesSchema },
      },
    },
    async (request) => ports.recordings.rules(asker(request).tenantId),
  );
  app.patch(
    '/api/v1/recording-rules',
    {
      config: { action: 'recording.keep' },
      schema: { tags: ['recordings'], summary: 'Change them', body: recordingRulesSchema.partial(), response: { 200: recordingRulesSchema } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = ports.recordings.rules(tenantId);
      const after: RecordingRules = { ...before, ...given(request.body) };
      await ports.audit.write({ ...author(request), action: 'recordingRules.update', resource: `tenant/${tenantId}`, before, after });
      await ports.recordings.saveRules(tenantId, after);
      return after;
    },
  );
}

function pauses(app: Api, ports: ApiPorts): void {
  const mine = (request: FastifyRequest, callId: string): Identity => {
    const user = asker(request);
    const call = ports.calls.get(branded(callId));
    const { tenantId } = user;
    if (call === undefined || call.endedAt !== null || call.tenantId !== tenantId) throw new Problem('not_found');
    const agentIds = [...call.legs.values()].map(({ agentId }) => agentId);
    if (!mayToAny(ports, user, 'recording.pause', { tenantId, agentIds })) throw new Problem('not_found');
    return user;
  };
  app.put(
    '/api/v1/calls/:callId/recording/pause',
    {
      config: { action: 'recording.pause' },
      schema: {
        tags: ['recordings'],
        summary: 'Silence both sides in the recording of a call that is up, for so many seconds at most',
        params: callParams,
        body: z.strictObject({ seconds: z.number().int().min(1).max(LONGEST_PAUSE_SECONDS).optional() }).default({}),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { userId } = mine(request, request.params.callId);
      ports.pauseRecording(branded(request.params.callId), userId, request.body.seconds === undefined ? null : request.body.seconds * 1000);
      reply.code(204);
      return null;
    },
  );
  app.delete(
    '/api/v1/calls/:callId/recording/pause',
    { config: { action: 'recording.pause' }, schema: { tags: ['recordings'], summary: 'Go on recording', params: callParams, response: { 204: z.null() } } },
    async (request, reply) => {
      const { userId } = mine(request, request.params.callId);
      ports.resumeRecording(branded(request.params.callId), userId);
      reply.code(204);
      return null;
    },
  );
}
