/** Sends a file, or one range of it (RFC 9110 §14), from within one folder. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import type { FastifyReply } from 'fastify';
import { Problem } from './problems.ts';

interface FileRequest {
  path: string;
  folder: string;
  /** The Range header as it came. */
  range: string | undefined;
  type: string;
}

/**
 * First and last byte, both included; null: the whole file. Throws range_not_satisfiable.
 * "A server MAY ignore the Range header field": several ranges, other units and what cannot be read get the whole file.
 */
export function rangeOf(header: string | undefined, size: number): { first: number; last: number } | null {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (parts === null || (parts[1] === '' && parts[2] === '')) return null;
  const [, from = '', to = ''] = parts;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null;
  if (first >= size || (from === '' && Number(to) === 0)) throw new Problem('range_not_satisfiable');
  return { first, last };
}

export async function sendFile(reply: FastifyReply, { path, folder, range, type }: FileRequest): Promise<FastifyReply> {
  const real = await realPathWithin(path, folder);
  const { size } = await stat(real);
  reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store').type(type);
  reply.header('content-disposition', `inline; filename="${basename(real).replaceAll(/[^A-Za-z0-9_.-]/g, '_')}"`);
  let part: ReturnType<typeof rangeOf>;
  try {
    part = rangeOf(range, size);
  } catch (error) {
    reply.header('content-range', `bytes */${size}`);
    throw error;
  }
  if (part === null) return reply.header('content-length', size).send(size === 0 ? '' : createReadStream(real));
  const { first, last } = part;
  reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
  return reply.header('content-length', last - first + 1).send(createReadStream(real, { start: first, end: last }));
}

/** Links are followed before the folder is compared; what is not there, or not within, is not found. */
async function realPathWithin(path: string, folder: string): Promise<string> {
  try {
    const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
    if (real.startsWith(root + sep)) return real;
  } catch {
    // no such file: the same answer
  }
  throw new Problem('not_found');
}
