/** Dialplans: look at versions, check, publish, roll back. Nothing with a fault in it is ever published. */
import { z } from 'zod';
import { dialplanJsonSchema } from '../ivr/schema.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, DialplanFault } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, idSchema, iso } from './shapes.ts';

const MOST_FILES = 50;
const filesSchema = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}\.yaml$/, 'a file name: lower-case letters, digits, _ and -, ending in .yaml'), z.string().max(500_000))
  .refine((files) => Object.keys(files).length > 0 && Object.keys(files).length <= MOST_FILES, `1 to ${MOST_FILES} files`);
const faultSchema = z.object({ file: z.string(), line: z.number().int(), column: z.number().int(), message: z.string() });
const publicationSchema = z.object({
  version: z.string(),
  publishedAt: z.string(),
  publishedBy: z.string().nullable(),
  note: z.string(),
  current: z.boolean(),
});
const noteSchema = z.string().max(500).default('');
const params = z.strictObject({ version: idSchema });
const asErrors = (faults: DialplanFault[]): { at: string; message: string }[] =>
  faults.map(({ file, line, column, message }) => ({ at: `${file}:${line}:${column}`, message }));

export function dialplans(app: Api, ports: ApiPorts): void {
  listVersions(app, ports);
  readSchema(app);
  readFiles(app, ports);
  checkFiles(app, ports);
  publish(app, ports);
  rollBack(app, ports);
}

function listVersions(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/dialplans',
    {
      config: { action: 'dialplan.read' },
      schema: {
        tags: ['dialplans'],
        summary: 'Published versions, newest first',
        response: { 200: z.object({ items: z.array(publicationSchema), nextCursor: z.null() }) },
      },
    },
    async (request) => {
      const versions = await ports.dialplans.versions(asker(request).tenantId);
      return { items: versions.map((row) => ({ ...row, publishedAt: iso(row.publishedAt) })), nextCursor: null };
    },
  );
}

/** For editors; the same for every tenant. */
function readSchema(app: Api): void {
  const schema = dialplanJsonSchema();
  app.get(
    '/api/v1/dialplans/schema',
    {
      config: { action: 'dialplan.read' },
      schema: { tags: ['dialplans'], summary: 'JSON Schema of a dialplan file', response: { 200: z.record(z.string(), z.unknown()) } },
    },
    async () => schema,
  );
}

function readFiles(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/dialplans/:version',
    {
      config: { action: 'dialplan.read' },
      schema: {
        tags: ['dialplans'],
        summary: 'The files of a version',
        params,
        response: { 200: z.object({ version: z.string(), files: z.record(z.string(), z.string()) }) },
      },
    },
    async (request) => {
      const { version } = request.params;
      const files = await ports.dialplans.files(asker(request).tenantId, branded(version));
      if (files === null) throw new Problem('not_found');
      return { version, files };
    },
  );
}

function checkFiles(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/dialplans/check',
    {
      config: { action: 'dialplan.read' },
      schema: {
        tags: ['dialplans'],
        summary: 'Check files without publishing: every fault with file, line and column',
        body: z.strictObject({ files: filesSchema }),
        response: { 200: z.object({ ok: z.boolean(), faults: z.array(faultSchema) }) },
      },
    },
    async (request) => {
      const faults = await ports.dialplans.check(asker(request).tenantId, request.body.files);
      return { ok: faults.length === 0, faults };
    },
  );
}

function publish(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/dialplans',
    {
      config: { action: 'dialplan.publish' },
      schema: {
        tags: ['dialplans'],
        summary: 'Publish: new calls take it, calls under way keep theirs',
        body: z.strictObject({ files: filesSchema, note: noteSchema }),
        response: { 201: z.object({ version: z.string() }) },
      },
    },
    async (request, reply) => {
      const { tenantId, userId } = asker(request);
      const { files, note } = request.body;
      const faults = await ports.dialplans.check(tenantId, files);
      if (faults.length > 0) throw new Problem('dialplan_faulty', '', asErrors(faults));
      await ports.audit.write({ ...author(request), action: 'dialplan.publish', resource: `dialplan/${tenantId}`, after: { note, files } });
      const published = await ports.dialplans.publish(tenantId, files, userId, note);
      if (published.result === 'faulty') throw new Problem('dialplan_faulty', '', asErrors(published.faults));
      reply.code(201);
      return { version: published.version };
    },
  );
}

function rollBack(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/dialplans/:version/roll-back',
    {
      config: { action: 'dialplan.publish' },
      schema: { tags: ['dialplans'], summary: 'Go back to an earlier version, for new calls', params, response: { 200: z.object({ version: z.string() }) } },
    },
    async (request) => {
      const { tenantId, userId } = asker(request);
      const wanted = request.params.version;
      const known = (await ports.dialplans.versions(tenantId)).some((row) => row.version === wanted);
      if (!known) throw new Problem('not_found');
      await ports.audit.write({ ...author(request), action: 'dialplan.rollBack', resource: `dialplan/${tenantId}`, after: { version: wanted } });
      const version = await ports.dialplans.rollBack(tenantId, branded(wanted), userId);
      if (version === null) throw new Problem('not_found');
      return { version };
    },
  );
}
