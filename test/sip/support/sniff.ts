/**
 * An independent witness on the simulated wire: it reads messages with rules of its own, and says afterwards what RFC 3261 forbids and it saw
 * all the same. It knows nothing of our code's states.
 */

/** What the witness reads of a message. */
export interface Sight {
  /** Empty for a response. */
  method: string;
  /** 0 for a request. */
  status: number;
  callId: string;
  seq: number;
  seqMethod: string;
  branch: string;
  fromTag: string;
  toTag: string;
}

const HEAD_BYTES = 1_200;
const between = (text: string, from: string, to: string): string => {
  const at = text.indexOf(from);
  if (at < 0) return '';
  const end = text.indexOf(to, at + from.length);
  return text.slice(at + from.length, end < 0 ? undefined : end);
};
const tagIn = (text: string, header: string): string => {
  const value = between(text, `\r\n${header}: `, '\r\n');
  const at = value.lastIndexOf(';tag=');
  return at < 0 ? '' : value.slice(at + 5);
};

export function sightOf(bytes: Buffer): Sight {
  const text = bytes.toString('latin1', 0, HEAD_BYTES);
  const isResponse = text.startsWith('SIP/2.0 ');
  const [seq = '', seqMethod = ''] = between(text, '\r\nCSeq: ', '\r\n').split(' ');
  return {
    method: isResponse ? '' : text.slice(0, text.indexOf(' ')),
    status: isResponse ? Number(text.slice(8, 11)) : 0,
    callId: between(text, '\r\nCall-ID: ', '\r\n'),
    seq: Number(seq),
    seqMethod,
    branch: /;branch=([^;,\s]+)/.exec(text)?.[1] ?? '',
    fromTag: tagIn(text, 'From'),
    toTag: tagIn(text, 'To'),
  };
}

/** What one call looked like from outside. */
class Trail {
  /** Branches of INVITEs without a To tag, by who sent them. */
  readonly firstInvites = new Set<string>();
  /** The final status of each transaction: branch and method. */
  readonly finals = new Map<string, number>();
  /** Highest CSeq of a request so far, by dialog and direction. */
  readonly newest = new Map<string, number>();
  /** Answered 2xx: To tag and sequence number of each INVITE. */
  readonly answered = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** Tags of those who sent or got a BYE. */
  readonly ended = new Set<string>();
  readonly faults: string[] = [];
  readonly distinct = new Set<string>();
}

export class Witness {
  readonly #trails = new Map<string, Trail>();

  see(sight: Sight, from: string): void {
    let trail = this.#trails.get(sight.callId);
    if (trail === undefined) {
      trail = new Trail();
      this.#trails.set(sight.callId, trail);
    }
    if (sight.status === 0) this.#seeRequest(trail, sight, from);
    else this.#seeResponse(trail, sight);
  }

  /** Different messages of that call and of its further hops (`<Call-ID>.h…`), copies not counted. */
  distinct(callId: string): number {
    let count = 0;
    for (const [id, trail] of this.#trails) if (id === callId || id.startsWith(`${callId}.h`)) count += trail.distinct.size;
    return count;
  }

  /** What was wrong with a call; `mayLackAck`: its ACKs were taken off the wire. */
  faultsOf(callId: string, mayLackAck: boolean): string[] {
    const trail = this.#trails.get(callId);
    if (trail === undefined) return [];
    const faults = [...trail.faults];
    if (trail.firstInvites.size > 1) faults.push(`${trail.firstInvites.size} INVITEs were sent for one call`);
    for (const answer of trail.answered) {
      if (!mayLackAck && !trail.acknowledged.has(answer)) faults.push(`no ACK for the 2xx ${answer}`);
      const tag = answer.slice(0, answer.lastIndexOf(' '));
      if (!trail.ended.has(tag)) faults.push(`no BYE for the dialog of ${tag}`);
    }
    return faults;
  }

  #seeRequest(trail: Trail, { method, branch, fromTag, toTag, seq }: Sight, from: string): void {
    const name = `${method} ${branch}`;
    if (trail.distinct.has(name)) return;
    trail.distinct.add(name);
    if (method === 'INVITE' && toTag === '') trail.firstInvites.add(`${from} ${branch}`);
    if (method === 'ACK') trail.acknowledged.add(`${toTag} ${seq}`);
    if (method === 'BYE') trail.ended.add(fromTag).add(toTag);
    if (method === 'ACK' || method === 'CANCEL') return;
    // RFC 3261 §12.2.1.1: within a dialog the CSeq of each new request is higher than the last one's.
    const direction = `${fromTag}>${toTag}`;
    const last = trail.newest.get(direction);
    if (last !== undefined && seq <= last) trail.faults.push(`${method} ${seq} after a request ${last} of the same side`);
    trail.newest.set(direction, Math.max(seq, last ?? 0));
  }

  #seeResponse(trail: Trail, { status, branch, seqMethod, seq, toTag }: Sight): void {
    trail.distinct.add(`${status} ${branch} ${seqMethod} ${toTag}`);
    if (status < 200) return;
    const key = `${branch} ${seqMethod}`;
    const before = trail.finals.get(key);
    // §17.2.1, §17.2.2: a transaction has one final response; only forks' 2xx come several.
    if (before !== undefined && before !== status) trail.faults.push(`a ${seqMethod} was answered ${before} and then ${status}`);
    trail.finals.set(key, status);
    if (status < 300 && seqMethod === 'INVITE') trail.answered.add(`${toTag} ${seq}`);
  }
}
