/** All conferences of the process: who owns each, in which worker it is, and who is in it. What they hear is the worker's business. */
import { type ConferenceRequest, type Gain, MediaError, type Source } from '../port.ts';
import type { WorkerPool } from '../worker/pool.ts';

interface Row {
  owner: string;
  worker: number;
  members: Set<string>;
}

const MOST_CONFERENCES = 5000;

export class Conferences {
  readonly #pool: WorkerPool;
  readonly #workerOf: (endpointId: string) => number;
  readonly #rows = new Map<string, Row>();

  /** `workerOf` throws `unknown_endpoint`. */
  constructor(pool: WorkerPool, workerOf: (endpointId: string) => number) {
    this.#pool = pool;
    this.#workerOf = workerOf;
  }

  ownerOf(conferenceId: string): string | undefined {
    return this.#rows.get(conferenceId)?.owner;
  }

  async conference(owner: string, { conferenceId, members, gains }: ConferenceRequest): Promise<void> {
    const row = this.#rows.get(conferenceId);
    if (row === undefined && this.#rows.size >= MOST_CONFERENCES) throw new MediaError('unavailable', `${MOST_CONFERENCES} conferences are open`);
    const worker = this.#workerOfAll(members, row?.worker);
    await this.#pool.order(worker, 'conference', { conferenceId, members, gains });
    for (const endpointId of members) this.left(endpointId);
    this.#rows.set(conferenceId, { owner: row?.owner ?? owner, worker, members: new Set(members) });
  }

  async setGains(conferenceId: string, gains: Gain[]): Promise<void> {
    const { worker, members } = this.#row(conferenceId);
    for (const id of gains.flatMap(({ speaker, listener }) => [speaker, listener]))
      if (!members.has(id)) throw new MediaError('bad_request', `${id} is not in the conference ${conferenceId}`);
    await this.#pool.order(worker, 'setGains', { conferenceId, gains });
  }

  async remove(conferenceId: string, endpointId: string): Promise<void> {
    const row = this.#rows.get(conferenceId);
    if (row === undefined || !row.members.has(endpointId)) return;
    await this.#pool.order(row.worker, 'removeFromConference', { conferenceId, endpointId });
    this.#forget(conferenceId, row, endpointId);
  }

  async end(conferenceId: string): Promise<void> {
    const row = this.#rows.get(conferenceId);
    if (row === undefined) return;
    await this.#pool.order(row.worker, 'endConference', { conferenceId });
    this.#rows.delete(conferenceId);
  }

  async play(conferenceId: string, playId: string, sources: Source[], { loop }: { loop: boolean }): Promise<void> {
    await this.#pool.order(this.#row(conferenceId).worker, 'playToConference', { conferenceId, playId, sources, loop });
  }

  /** The endpoint has gone, or gone elsewhere. */
  left(endpointId: string): void {
    for (const [conferenceId, row] of this.#rows) if (row.members.has(endpointId)) this.#forget(conferenceId, row, endpointId);
  }

  /** The last to leave ends it. */
  #forget(conferenceId: string, row: Row, endpointId: string): void {
    row.members.delete(endpointId);
    if (row.members.size === 0) this.#rows.delete(conferenceId);
  }

  #row(conferenceId: string): Row {
    const row = this.#rows.get(conferenceId);
    if (row === undefined) throw new MediaError('unknown_endpoint', `no conference ${conferenceId}`);
    return row;
  }

  #workerOfAll(members: readonly string[], known: number | undefined): number {
    if (new Set(members).size !== members.length) throw new MediaError('bad_request', 'a member is named twice');
    const workers = members.map((endpointId) => this.#workerOf(endpointId));
    const worker = known ?? workers[0] ?? 0;
    const elsewhere = members.find((_, at) => workers[at] !== worker);
    if (elsewhere !== undefined) throw new MediaError('bad_request', `${elsewhere} was opened in another group than the others`);
    return worker;
  }
}
