/**
 * `Idempotency-Key`: the same unsafe call sent again gets the first answer again and is not done twice.
 * A key belongs to one user; answers are kept for a day, the newest 2,000 of them, up to 16 MB.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../kernel/clock.ts';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';

const KEEP_MS = 86_400_000;
const MOST_ANSWERS = 2_000;
const MOST_BYTES = 16 * 1_048_576;
const KEY_SHAPE = /^[\x21-\x7e]{1,128}$/;
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

interface Answer {
  fingerprint: string;
  at: number;
  /** null: still under way */
  sent: { status: number; contentType: string; body: string } | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while this request is the first with its key. */
    idempotencyKey: string | null;
  }
}

class IdempotencyStore {
  readonly #clock: Clock;
  readonly #answers = new Map<string, Answer>();
  #bytes = 0;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The earlier answer, or null: this is the first, and it is noted. Throws key_in_use, key_reused. */
  begin(key: string, fingerprint: string): Answer['sent'] {
    const found = this.#answers.get(key);
    if (found === undefined || found.at + KEEP_MS <= this.#clock.now()) {
      this.#forget(key);
      this.#answers.set(key, { fingerprint, at: this.#clock.now(), sent: null });
      this.#trim();
      return null;
    }
    if (found.fingerprint !== fingerprint) throw new Problem('key_reused');
    if (found.sent === null) throw new Problem('key_in_use');
    return found.sent;
  }

  /** Failures of ours are not kept: trying again may help. */
  end(key: string, sent: NonNullable<Answer['sent']>): void {
    const answer = this.#answers.get(key);
    if (answer === undefined) return;
    if (sent.status >= 500 || sent.status === 429) this.#forget(key);
    else {
      answer.sent = sent;
      this.#bytes += sent.body.length;
      this.#trim();
    }
  }

  #trim(): void {
    for (const key of this.#answers.keys()) {
      if (this.#answers.size <= MOST_ANSWERS && this.#bytes <= MOST_BYTES) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#answers.get(key)?.sent?.body.length ?? 0;
    this.#answers.delete(key);
  }
}

/** After the guard: only who may do it at all gets to use a key. */
export function honourKeys(app: Api, clock: Clock): void {
  const store = new IdempotencyStore(clock);
  app.decorateRequest('idempotencyKey', null);
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (key === undefined || request.user === null || !UNSAFE.has(request.method)) return;
    // What is shown in clear is kept nowhere, and shown again it is in the audit trail again.
    if (request.routeOptions.config.action === 'personal.reveal') return;
    if (typeof key !== 'string' || !KEY_SHAPE.test(key)) throw new Problem('bad_request', 'Idempotency-Key: 1 to 128 visible ASCII characters');
    const ofUser = `${request.user.userId} ${key}`;
    const earlier = store.begin(ofUser, fingerprintOf(request));
    if (earlier === null) request.idempotencyKey = ofUser;
    else return sendAgain(reply, earlier);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.idempotencyKey !== null) {
      const contentType = String(reply.getHeader('content-type') ?? '');
      store.end(request.idempotencyKey, { status: reply.statusCode, contentType, body: typeof payload === 'string' ? payload : '' });
      request.idempotencyKey = null;
    }
    return payload;
  });
}

const fingerprintOf = (request: FastifyRequest): string =>
  createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest('hex');

/** Already text: past the serializer of the route. */
function sendAgain(reply: FastifyReply, { status, contentType, body }: NonNullable<Answer['sent']>): FastifyReply {
  if (contentType !== '') reply.type(contentType);
  return reply
    .code(status)
    .header('idempotency-replayed', 'true')
    .serializer((text: unknown) => String(text))
    .send(body);
}
