/** Recorded prompts: which there are in which language, what they sound like, new ones. */
import { z } from 'zod';
import { MOST_PROMPT_BYTES, MOST_PROMPTS, promptLanguages } from '../prompts/prompts.ts';
import { readPrompt, type WavFault } from '../prompts/wav.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, iso } from './shapes.ts';

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and hyphens: 64 at most');
const params = z.strictObject({ language: z.enum(promptLanguages), name: nameSchema });
const promptSchema = z.object({
  name: z.string(),
  language: z.enum(promptLanguages),
  bytes: z.number().int(),
  seconds: z.number().nullable().describe('null: it is no file that can be played'),
  changedAt: z.string(),
  text: z.string().nullable().describe('What it says, where it is known'),
});
const WAV_TYPES = ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'];

const sentences: Record<WavFault, (found: string) => string> = {
  no_wav: () => 'this is no WAV file',
  format: (found) => `it must be PCM of 16 bits, A-law or µ-law; this is format ${found}`,
  channels: (found) => `it must have one channel; this has ${found}`,
  rate: (found) => `it must have 8000 or 16000 samples a second; this has ${found}`,
  empty: () => 'it has no sound in it',
  too_long: (found) => `it must be 300 s at most; this is ${found} s`,
};

export function prompts(app: Api, ports: ApiPorts): void {
  app.addContentTypeParser(WAV_TYPES, { parseAs: 'buffer', bodyLimit: MOST_PROMPT_BYTES }, (_request, body, done) => done(null, body));
  readPrompts(app, ports);
  writePrompt(app, ports);
  removePrompt(app, ports);
}

function readPrompts(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/prompts',
    {
      config: { action: 'dialplan.read' },
      schema: {
        tags: ['prompts'],
        summary: `Recorded prompts in every language: ${MOST_PROMPTS} of each at most`,
        response: { 200: z.object({ items: z.array(promptSchema), nextCursor: z.null() }) },
      },
    },
    async (request) => {
      const files = await ports.prompts.list(asker(request).tenantId);
      return { items: files.map((file) => ({ ...file, changedAt: iso(file.changedAt) })), nextCursor: null };
    },
  );

  app.get(
    '/api/v1/prompts/:language/:name',
    { config: { action: 'dialplan.read' }, schema: { tags: ['prompts'], summary: 'The sound of a prompt, as WAV', params } },
    async (request, reply) => {
      const { language, name } = request.params;
      const bytes = await ports.prompts.read(asker(request).tenantId, language, name);
      if (bytes === null) throw new Problem('not_found');
      return reply.type('audio/wav').header('cache-control', 'no-store').send(bytes);
    },
  );
}

function writePrompt(app: Api, ports: ApiPorts): void {
  app.put(
    '/api/v1/prompts/:language/:name',
    {
      config: { action: 'dialplan.publish' },
      bodyLimit: MOST_PROMPT_BYTES,
      schema: {
        tags: ['prompts'],
        summary:
          'Record a prompt, or put another in its place: WAV (audio/wav), one channel, 8 or 16 kHz, PCM of 16 bits or G.711, 300 s and 10 MB at most. The next call hears it',
        consumes: ['audio/wav'],
        params,
        response: { 200: z.object({ name: z.string(), language: z.enum(promptLanguages), seconds: z.number() }) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const { language, name } = request.params;
      const { body } = request as { body: unknown };
      if (!Buffer.isBuffer(body)) throw new Problem('unsupported_media', 'send WAV (audio/wav)');
      const read = readPrompt(body);
      if (read.facts === null) throw new Problem('validation_failed', '', [{ at: 'body', message: sentences[read.fault](read.found) }]);
      const after = { ...read.facts, bytes: body.length };
      await ports.audit.write({ ...author(request), action: 'prompt.write', resource: `prompt/${language}/${name}`, after });
      await ports.prompts.write(tenantId, language, name, body).catch(refuseReadOnly);
      return { name, language, seconds: read.facts.seconds };
    },
  );
}

function refuseReadOnly(error: NodeJS.ErrnoException): never {
  if (['EROFS', 'EACCES', 'EPERM', 'ENOSPC'].includes(error.code ?? ''))
    throw new Problem(
      'unavailable',
      `the folder of the dialplans cannot be written (${error.code}): give the server a DIALPLANS_DIR it may write, with room in it`,
    );
  throw error;
}

function removePrompt(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/prompts/:language/:name',
    {
      config: { action: 'dialplan.publish' },
      schema: { tags: ['prompts'], summary: 'Remove a prompt that neither the dialplan in use nor a queue names', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { language, name } = request.params;
      const users = await namedBy(ports, tenantId, name);
      if (users.length > 0) throw new Problem('in_use', '', users);
      await ports.audit.write({ ...author(request), action: 'prompt.remove', resource: `prompt/${language}/${name}` });
      if (!(await ports.prompts.remove(tenantId, language, name).catch(refuseReadOnly))) throw new Problem('not_found');
      return reply.code(204).send(null);
    },
  );
}

/** As a word anywhere in the files in use: rather one too many than a caller who hears nothing. */
async function namedBy(
  { dialplans, directory }: ApiPorts,
  tenantId: ReturnType<typeof asker>['tenantId'],
  name: string,
): Promise<{ at: string; message: string }[]> {
  const current = (await dialplans.versions(tenantId)).find((version) => version.current);
  const files = current === undefined ? {} : ((await dialplans.files(tenantId, current.version)) ?? {});
  const word = new RegExp(`(^|[^a-z0-9-])${name}($|[^a-z0-9-])`);
  const inFiles = Object.entries(files).flatMap(([file, text]) =>
    word.test(text) ? [{ at: file, message: 'the dialplan in use names it: publish one without it first' }] : [],
  );
  const inQueues = directory
    .queues()
    .filter((queue) => queue.tenantId === tenantId && queue.announcements?.messages?.includes(name) === true)
    .map(({ queueId }) => ({ at: queueId, message: 'this queue announces it: take it out there first' }));
  return [...inFiles, ...inQueues];
}
