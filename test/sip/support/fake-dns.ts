/** DNS as a table that a test writes, with bad days. */
import type { Answer, Dns, Naptr, Srv } from '../../../sip/transport/dns.ts';

export class FakeDns implements Dns {
  readonly naptrs: Record<string, Naptr[]> = {};
  readonly srvs: Record<string, Srv[]> = {};
  readonly a: Record<string, string[]> = {};
  readonly aaaa: Record<string, string[]> = {};
  /** Questions so far: `A name`. */
  readonly asked: string[] = [];
  ttlSeconds: number | undefined = 60;
  mood: 'well' | 'servfail' | 'silent' = 'well';

  naptr = (name: string): Promise<Answer<Naptr>> => this.#answer(`NAPTR ${name}`, this.naptrs[name]);
  srv = (name: string): Promise<Answer<Srv>> => this.#answer(`SRV ${name}`, this.srvs[name]);
  addresses = (name: string, family: 4 | 6): Promise<Answer<string>> =>
    this.#answer(`${family === 4 ? 'A' : 'AAAA'} ${name}`, (family === 4 ? this.a : this.aaaa)[name]);

  #answer<T>(question: string, records: T[] | undefined): Promise<Answer<T>> {
    this.asked.push(question);
    if (this.mood === 'silent') return new Promise(() => undefined);
    if (this.mood === 'servfail') return Promise.reject(new Error('SERVFAIL'));
    return Promise.resolve({ records: records ?? [], ttlSeconds: this.ttlSeconds });
  }
}
