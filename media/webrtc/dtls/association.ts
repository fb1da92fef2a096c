/**
 * One DTLS 1.2 association: datagrams in, datagrams out, and SRTP keys once both sides have proved who they are. It is told the time and
 * owns no timer. Until then nothing is believed that comes without protection: what is broken is dropped, an alert only
 * remembered; a second beginning of the other side replaces the first, so that a forged ClientHello does not keep the true one out.
 */
import type { MasterKey } from '../../srtp/suite.ts';
import { Malformed } from './bytes.ts';
import type { Fingerprint, OwnCertificate } from './certificate.ts';
import { Fragments, type HandshakeMessage } from './fragments.ts';
import { ClientSide, type Flight, HandshakeFailure, type Role, ServerSide, type Side } from './handshake.ts';
import { MESSAGE, readClientHello, refusalOf } from './messages.ts';
import { ALERT, CHANGE_CIPHER_SPEC, type ContentType, type DtlsRecord, HANDSHAKE, isDtls, RecordProtection, RecordWriter, readRecords } from './record.ts';
import { srtpKeys, type TrafficKey, trafficKeys } from './secrets.ts';

export interface DtlsOptions {
  role: Role;
  own: OwnCertificate;
  fingerprint: Fingerprint;
  nowMs: number;
  send: (datagram: Buffer) => void;
}

export type DtlsState = 'shaking' | 'up' | 'closed' | 'failed';

/** RFC 6347 §4.2.4.1: one second at first, doubled each time. */
const RESEND_FIRST_MS = 1000;
const RESEND_LONGEST_MS = 8000;
/** Nor is a flight sent again sooner than this, however often the other side repeats its own. */
const RESEND_SOONEST_MS = 50;
/** Who has not come through by then has lost the way. */
const HANDSHAKE_MS = 20_000;
/** Payload that passes everywhere without being cut (IPv6's least MTU, less headers). */
const MOST_DATAGRAM_BYTES = 1200;
const FATAL = 2;
const CLOSE_NOTIFY = 0;
const HANDSHAKE_FAILED = 40;

export class DtlsAssociation {
  state: DtlsState = 'shaking';
  /** Why it failed. */
  reason = '';
  keys: { local: MasterKey; remote: MasterKey } | null = null;
  readonly #options: DtlsOptions;
  #side: Side;
  #fragments = new Fragments();
  #writer = new RecordWriter();
  #reader: RecordProtection | null = null;
  #flight: { type: ContentType; epoch: 0 | 1; text: Buffer }[] = [];
  #sentAtMs: number;
  #resendMs = RESEND_FIRST_MS;
  #complaint = 'the other side does not answer';

  constructor(options: DtlsOptions) {
    this.#options = options;
    this.#sentAtMs = options.nowMs;
    this.#side = this.#newSide();
    if (this.#side instanceof ClientSide) this.#send(this.#side.start(), options.nowMs);
  }

  heard(datagram: Buffer, nowMs: number): void {
    if (!isDtls(datagram) || this.state === 'failed') return;
    for (const record of readRecords(datagram)) this.#heardRecord(record, nowMs);
  }

  /** Once a second or so: flights are sent again, and the wait has an end. */
  check(nowMs: number): void {
    if (this.state !== 'shaking') return;
    if (nowMs - this.#options.nowMs > HANDSHAKE_MS) this.#fail(`no DTLS handshake within ${HANDSHAKE_MS / 1000} s: ${this.#complaint}`);
    else if (this.#flight.length > 0 && nowMs - this.#sentAtMs >= this.#resendMs) {
      this.#resendMs = Math.min(RESEND_LONGEST_MS, this.#resendMs * 2);
      this.#sendFlight(nowMs);
    }
  }

  close(): void {
    if (this.state === 'up') this.#options.send(this.#writer.write(ALERT, 1, Buffer.from([1, CLOSE_NOTIFY])));
    if (this.state !== 'failed') this.state = 'closed';
  }

  #newSide(): Side {
    const { role, own, fingerprint } = this.#options;
    return role === 'server' ? new ServerSide(own, fingerprint) : new ClientSide(own, fingerprint);
  }

  #heardRecord(record: DtlsRecord, nowMs: number): void {
    if (record.epoch > 1) return;
    const text = record.epoch === 0 ? record.fragment : (this.#reader?.open(record) ?? null);
    if (text === null) return;
    if (record.type === ALERT) this.#heardAlert(text, record.epoch === 1);
    else if (record.type === HANDSHAKE) this.#heardHandshake(text, record.epoch, nowMs);
  }

  #heardAlert(text: Buffer, isProtected: boolean): void {
    const [level = 0, description = 0] = text;
    if (!isProtected) this.#complaint = `the other side sent alert ${description}`;
    else if (description === CLOSE_NOTIFY) this.state = 'closed';
    else if (level === FATAL) this.#fail(`the other side sent alert ${description}`);
  }

  #heardHandshake(text: Buffer, epoch: number, nowMs: number): void {
    // Finished alone comes protected, and only it does.
    const isWanted = (type: number): boolean => (type === MESSAGE.finished) === (epoch === 1);
    try {
      const { old, first } = this.#fragments.take(text, isWanted);
      if (old && first !== null && this.#isOtherClient(first)) {
        this.#beginAnew();
        this.#fragments.take(text, isWanted);
      } else if (old && this.#flight.length > 0 && nowMs - this.#sentAtMs >= RESEND_SOONEST_MS) this.#sendFlight(nowMs);
      if (this.state === 'shaking') this.#steps(nowMs);
    } catch (error) {
      if (error instanceof HandshakeFailure) this.#fail(error.message);
      else if (error instanceof Malformed) this.#complaint = error.message;
      else throw error;
    }
  }

  #steps(nowMs: number): void {
    for (let message = this.#fragments.peek(); message !== null; message = this.#fragments.peek()) {
      const flight = this.#heardMessage(message);
      this.#fragments.accept();
      this.#deriveKeys();
      if (flight !== null) this.#send(flight, nowMs);
    }
  }

  #heardMessage(message: HandshakeMessage): Flight | null {
    try {
      return this.#side.heard(message);
    } catch (error) {
      this.#fragments.drop();
      // A hello we cannot answer is told so, and the next one heard as if it were the first.
      if (message.type === MESSAGE.clientHello) {
        this.#options.send(this.#writer.write(ALERT, 0, Buffer.from([FATAL, HANDSHAKE_FAILED])));
        this.#beginAnew();
      }
      throw error;
    }
  }

  /** A client that says hello with another random number, and one that we can answer. */
  #isOtherClient({ type, body }: HandshakeMessage): boolean {
    const side = this.#side;
    if (this.state !== 'shaking' || type !== MESSAGE.clientHello || !(side instanceof ServerSide) || side.clientRandom === null) return false;
    const hello = readClientHello(body);
    return !hello.random.equals(side.clientRandom) && refusalOf(hello) === null;
  }

  #beginAnew(): void {
    this.#side = this.#newSide();
    this.#fragments = new Fragments();
    this.#writer = new RecordWriter();
    this.#reader = null;
    this.#flight = [];
  }

  #deriveKeys(): void {
    const { session, role } = this.#side;
    if (session === null || this.#reader !== null) return;
    const keys = trafficKeys(session.master, session.clientRandom, session.serverRandom);
    const [ours, theirs]: TrafficKey[] = role === 'client' ? [keys.client, keys.server] : [keys.server, keys.client];
    if (ours === undefined || theirs === undefined) return;
    this.#writer.protect(ours);
    this.#reader = new RecordProtection(theirs);
  }

  #send({ messages, done }: Flight, nowMs: number): void {
    if (messages.length > 0) {
      this.#flight = [];
      for (const { bytes, isProtected } of messages) {
        if (isProtected) this.#flight.push({ type: CHANGE_CIPHER_SPEC, epoch: 0, text: Buffer.from([1]) });
        this.#flight.push({ type: HANDSHAKE, epoch: isProtected ? 1 : 0, text: bytes });
      }
      this.#resendMs = RESEND_FIRST_MS;
      this.#sendFlight(nowMs);
    }
    if (done) this.#up();
  }

  #sendFlight(nowMs: number): void {
    this.#sentAtMs = nowMs;
    let datagram: Buffer[] = [];
    let bytes = 0;
    for (const { type, epoch, text } of this.#flight) {
      const record = this.#writer.write(type, epoch, text);
      if (bytes + record.length > MOST_DATAGRAM_BYTES) {
        this.#options.send(Buffer.concat(datagram));
        [datagram, bytes] = [[], 0];
      }
      datagram.push(record);
      bytes += record.length;
    }
    this.#options.send(Buffer.concat(datagram));
  }

  #up(): void {
    const { session, role } = this.#side;
    if (session === null) return;
    const { suite, master, clientRandom, serverRandom } = session;
    const keys = srtpKeys(master, clientRandom, serverRandom, suite.saltBytes);
    const theirs = role === 'client' ? 'server' : 'client';
    this.keys = { local: { suite: suite.name, ...keys[role] }, remote: { suite: suite.name, ...keys[theirs] } };
    this.state = 'up';
  }

  #fail(reason: string): void {
    this.reason = reason;
    const epoch = this.#writer.isProtected ? 1 : 0;
    this.#options.send(this.#writer.write(ALERT, epoch, Buffer.from([FATAL, HANDSHAKE_FAILED])));
    this.state = 'failed';
  }
}
