import type { Headers } from '../message/headers.ts';
import type { Request } from '../message/message.ts';
import type { Hop } from '../transport/hop.ts';
import { BoundedTable } from './table.ts';

/** Nonces that the application takes; `kernel/nonce.ts` makes them. */
export interface Signer {
  issue(now: number, address: string): string;
  /** Whether a nonce is ours, of this address, and not older than the application would take it. */
  look(nonce: string, address: string, now: number): 'good' | 'stale' | 'foreign';
  /** Something unguessable that is the same each time for the same text: the tags of answers that nothing is kept of. */
  stamp(text: string): string;
}

/** libre before 2 (baresip 1.0) gives up on two challenges; SIP.js and JsSIP read the first alone, and know only MD5. */
const MD5_PHONES = /^(?:baresip v[01]\.|SIP\.js\b|JsSIP\b)/i;
const MOST_ASKED = 10_000;

/** Challenges in the order they are sent: RFC 8760 §2.4 asks for the strongest first. */
export type Challenge = readonly [header: 'WWW-Authenticate', value: string];

/** Challenges strangers without remembering them, but for phones that came back without credentials: they get MD5 alone. */
export class Challenger {
  readonly #realm: string;
  readonly #signer: Signer;
  /** Source → the request that was challenged with both; `balked` when another came without credentials after it. */
  readonly #asked = new BoundedTable<string | typeof BALKED>(MOST_ASKED);

  constructor(realm: string, signer: Signer) {
    this.#realm = realm;
    this.#signer = signer;
  }

  /** `good`: shows credentials on a fresh nonce that was given to this very address; whether they are right, the application knows. */
  look(request: Request, source: Hop, now: number): 'good' | 'stale' | 'foreign' {
    for (const value of request.headers.all('authorization')) {
      const nonce = /\bnonce\s*=\s*"([^"\\]{1,128})"/i.exec(value)?.[1];
      const verdict = nonce === undefined ? 'foreign' : this.#signer.look(nonce, source.address, now);
      if (verdict === 'good') this.#asked.delete(sourceKey(source));
      if (verdict !== 'foreign') return verdict;
    }
    return 'foreign';
  }

  challenge(request: Request, source: Hop, now: number, stale: boolean): Challenge[] {
    const nonce = this.#signer.issue(now, source.address);
    const algorithms = this.#needsMd5(request.headers, source) ? ['MD5'] : ['SHA-256', 'MD5'];
    const end = stale ? ', stale=true' : '';
    return algorithms.map((algorithm) => ['WWW-Authenticate', `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${end}`]);
  }

  #needsMd5(headers: Headers, source: Hop): boolean {
    if (MD5_PHONES.test(headers.get('user-agent') ?? '')) return true;
    const key = sourceKey(source);
    const asked = this.#asked.touch(key);
    if (asked === BALKED) return true;
    const name = `${headers.get('call-id')} ${headers.get('cseq')}`;
    // A copy of the same request is a lost answer, not a phone at its wits' end; nor is one that showed credentials.
    const balks = asked !== undefined && asked !== name && !headers.has('authorization');
    this.#asked.set(key, balks ? BALKED : name);
    return balks;
  }
}

const BALKED = Symbol('balked');
const sourceKey = ({ address, port }: Hop): string => `${address} ${port}`;
