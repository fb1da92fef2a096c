import type { Clock } from '../../kernel/clock.ts';
import type { Request, Response } from '../message/message.ts';

/** A phone answers a challenge at once; one that asks its user first takes its chance with the first target. */
const FRESH_MS = 32_000;
const MOST_REMEMBERED = 10_000;

/** Which target challenged with which nonce, so that the request that comes again with credentials goes to the same one. */
export class Challenges {
  readonly #byNonce = new Map<string, { uri: string; until: number }>();
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(response: Response, uri: string): void {
    const callId = response.headers.get('call-id') ?? '';
    for (const nonce of noncesOf(response, ['www-authenticate', 'proxy-authenticate'])) {
      this.#makeRoom();
      this.#byNonce.set(`${callId}|${nonce}`, { uri, until: this.#clock.now() + FRESH_MS });
    }
  }

  /** The targets whose challenges `request` answers. */
  targetsOf(request: Request): string[] {
    const callId = request.headers.get('call-id') ?? '';
    const uris = noncesOf(request, ['authorization', 'proxy-authorization']).flatMap((nonce) => {
      const known = this.#byNonce.get(`${callId}|${nonce}`);
      return known === undefined || known.until <= this.#clock.now() ? [] : [known.uri];
    });
    return [...new Set(uris)];
  }

  /** The oldest stand first. */
  #makeRoom(): void {
    for (const [key, { until }] of this.#byNonce) {
      if (until > this.#clock.now() && this.#byNonce.size < MOST_REMEMBERED) return;
      this.#byNonce.delete(key);
    }
  }
}

function noncesOf(message: Request | Response, names: string[]): string[] {
  const values = names.flatMap((name) => message.headers.all(name));
  return values.flatMap((value) => [...value.matchAll(/\bnonce\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi)].map((found) => found[1] ?? found[2] ?? ''));
}
