/**
 * The two sides of a DTLS 1.2 handshake as DTLS-SRTP uses it (RFC 5764): one cipher, one curve, both sides with a certificate whose
 * fingerprint the SDP told. Each side is given messages in order, and says what flight goes out next. RFC 5246 §7.3 shows the flights:
 *
 *   client  ClientHello ─────────────────────────────────────────────────▶
 *           ◀──── ServerHello Certificate ServerKeyExchange CertificateRequest ServerHelloDone  server
 *           Certificate ClientKeyExchange CertificateVerify [ChangeCipherSpec] Finished ──▶
 *           ◀───────────────────────────────── [ChangeCipherSpec] Finished
 */
import { constants, createECDH, type ECDH, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { randomToken } from '../../../kernel/ids.ts';
import type { Suite } from '../../srtp/suite.ts';
import { Malformed, Reader, vector } from './bytes.ts';
import { type Fingerprint, keyOfCertificate, type OwnCertificate } from './certificate.ts';
import { type HandshakeMessage, writeHandshake } from './fragments.ts';
import {
  CERTIFICATE_REQUEST,
  certificateMessage,
  clientHello,
  curveParameters,
  isRsaPss,
  MESSAGE,
  profileOf,
  readCertificate,
  readClientHello,
  readCookie,
  readPoint,
  readServerHello,
  readServerKeyExchange,
  readSigned,
  refusalOf,
  SIGNATURES,
  type Signed,
  serverHello,
  serverKeyExchange,
  signed,
} from './messages.ts';
import { masterSecret, sha256, verifyData } from './secrets.ts';

export type Role = 'client' | 'server';

/** Ends the association for good, with a reason for people. */
export class HandshakeFailure extends Error {}

export interface Session {
  suite: Suite;
  master: Buffer;
  clientRandom: Buffer;
  serverRandom: Buffer;
}

/** Handshake messages that go out together: what is protected stands behind a ChangeCipherSpec. `done`: with them we are through. */
export interface Flight {
  messages: { bytes: Buffer; isProtected: boolean }[];
  done: boolean;
}

const RANDOM_BYTES = 32;
const randomOf = (): Buffer => Buffer.from(randomToken(RANDOM_BYTES), 'hex');
const MOST_TRANSCRIPT_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

export abstract class Side {
  session: Session | null = null;
  protected readonly own: OwnCertificate;
  protected readonly fingerprint: Fingerprint;
  protected readonly ecdh: ECDH = createECDH('prime256v1');
  protected theirKey: KeyObject | null = null;
  #transcript: Buffer[] = [];
  #transcriptBytes = 0;
  #said = 0;

  constructor(own: OwnCertificate, fingerprint: Fingerprint) {
    this.own = own;
    this.fingerprint = fingerprint;
  }

  /** Which of both sides this is. */
  abstract readonly role: Role;
  /** The message that comes next; another is dropped. */
  protected abstract expects(type: number): boolean;
  protected abstract step(message: HandshakeMessage): Flight | null;

  /** null = nothing is to be sent yet. Throws Malformed for a message that is dropped, HandshakeFailure for the end. */
  heard(message: HandshakeMessage): Flight | null {
    if (!this.expects(message.type)) throw new Malformed('not the message that comes next');
    return this.step(message);
  }

  /** Our next message: numbered, and part of the transcript that later ones prove. */
  protected say(type: number, body: Buffer, isProtected = false): Flight['messages'][number] {
    const bytes = writeHandshake(type, this.#said, body);
    this.#said += 1;
    this.note(bytes);
    return { bytes, isProtected };
  }

  protected note(whole: Buffer): void {
    this.#transcriptBytes += whole.length;
    if (this.#transcriptBytes > MOST_TRANSCRIPT_BYTES) throw new HandshakeFailure('the handshake is too long');
    this.#transcript.push(whole);
  }

  protected forgetTranscript(): void {
    this.#transcript = [];
    this.#transcriptBytes = 0;
  }

  protected get transcript(): Buffer {
    return Buffer.concat(this.#transcript);
  }

  protected theirCertificate(body: Buffer): void {
    const der = readCertificate(body);
    this.theirKey = der === null ? null : keyOfCertificate(der, this.fingerprint);
    if (this.theirKey === null) throw new HandshakeFailure('the fingerprint of the certificate is not that of the SDP');
  }

  protected isSigned(data: Buffer, { algorithm, signature }: Signed): boolean {
    const key = this.theirKey;
    if (key === null || !SIGNATURES.includes(algorithm)) return false;
    const padding = isRsaPss(algorithm) ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
    return verify('sha256', data, { key, ...padding }, signature);
  }

  protected sharedSecret(point: Buffer): Buffer {
    try {
      return this.ecdh.computeSecret(point);
    } catch {
      throw new Malformed('a point that is not on the curve');
    }
  }

  protected finished(by: Role): Buffer {
    return verifyData(this.session?.master ?? NOTHING, by, sha256(this.transcript));
  }

  protected checkFinished(by: Role, body: Buffer): void {
    const expected = this.finished(by);
    if (body.length !== expected.length || !timingSafeEqual(body, expected)) throw new HandshakeFailure('the other side has seen another handshake');
  }
}

export class ServerSide extends Side {
  readonly role = 'server';
  /** Who has no certificate cannot be known: a client that sends none fails. */
  #expected: number[] = [MESSAGE.clientHello, MESSAGE.certificate, MESSAGE.clientKeyExchange, MESSAGE.certificateVerify, MESSAGE.finished];
  #hello: { suite: Suite; clientRandom: Buffer; serverRandom: Buffer } | null = null;

  get clientRandom(): Buffer | null {
    return this.#hello?.clientRandom ?? null;
  }

  protected expects(type: number): boolean {
    return this.#expected[0] === type;
  }

  protected step(message: HandshakeMessage): Flight | null {
    const flight = this.#take(message);
    this.#expected.shift();
    return flight;
  }

  #take({ type, body, whole }: HandshakeMessage): Flight | null {
    if (type === MESSAGE.clientHello) return this.#helloFrom(body, whole);
    if (type === MESSAGE.certificate) this.theirCertificate(body);
    else if (type === MESSAGE.clientKeyExchange) return this.#keysFrom(body, whole);
    else if (type === MESSAGE.certificateVerify) this.#verify(body);
    else {
      this.checkFinished('client', body);
      this.note(whole);
      return { messages: [this.say(MESSAGE.finished, this.finished('server'), true)], done: true };
    }
    this.note(whole);
    return null;
  }

  #helloFrom(body: Buffer, whole: Buffer): Flight {
    const hello = readClientHello(body);
    const refusal = refusalOf(hello);
    const suite = profileOf(hello.profiles);
    if (refusal !== null || suite === null) throw new Malformed(refusal ?? 'no profile');
    this.note(whole);
    const serverRandom = randomOf();
    this.#hello = { suite, clientRandom: Buffer.from(hello.random), serverRandom };
    const parameters = curveParameters(this.ecdh.generateKeys());
    const signature = sign('sha256', Buffer.concat([hello.random, serverRandom, parameters]), this.own.key);
    return {
      messages: [
        this.say(MESSAGE.serverHello, serverHello(serverRandom, suite, hello)),
        this.say(MESSAGE.certificate, certificateMessage(this.own.der)),
        this.say(MESSAGE.serverKeyExchange, serverKeyExchange(parameters, signature)),
        this.say(MESSAGE.certificateRequest, CERTIFICATE_REQUEST),
        this.say(MESSAGE.serverHelloDone, NOTHING),
      ],
      done: false,
    };
  }

  #keysFrom(body: Buffer, whole: Buffer): null {
    const secret = this.sharedSecret(readPoint(body));
    this.note(whole);
    if (this.#hello !== null) this.session = { ...this.#hello, master: masterSecret(secret, sha256(this.transcript)) };
    return null;
  }

  #verify(body: Buffer): void {
    if (!this.isSigned(this.transcript, readSigned(new Reader(body)))) throw new HandshakeFailure('the other side does not hold the key of its certificate');
  }
}

export class ClientSide extends Side {
  readonly role = 'client';
  #expected: number[] = [
    MESSAGE.serverHello,
    MESSAGE.certificate,
    MESSAGE.serverKeyExchange,
    MESSAGE.certificateRequest,
    MESSAGE.serverHelloDone,
    MESSAGE.finished,
  ];
  readonly #clientRandom = randomOf();
  #server: { suite: Suite; random: Buffer } | null = null;
  #point: Buffer = NOTHING;

  start(): Flight {
    return { messages: [this.say(MESSAGE.clientHello, clientHello(this.#clientRandom, NOTHING))], done: false };
  }

  protected expects(type: number): boolean {
    return this.#expected[0] === type || (type === MESSAGE.helloVerifyRequest && this.#expected[0] === MESSAGE.serverHello);
  }

  protected step(message: HandshakeMessage): Flight | null {
    if (message.type === MESSAGE.helloVerifyRequest) {
      // RFC 6347 §4.2.1: neither the first ClientHello nor this count in the transcript.
      this.forgetTranscript();
      return { messages: [this.say(MESSAGE.clientHello, clientHello(this.#clientRandom, readCookie(message.body)))], done: false };
    }
    const flight = this.#take(message);
    this.#expected.shift();
    return flight;
  }

  #take({ type, body, whole }: HandshakeMessage): Flight | null {
    if (type === MESSAGE.serverHello) this.#server = readServerHello(body);
    else if (type === MESSAGE.certificate) this.theirCertificate(body);
    else if (type === MESSAGE.serverKeyExchange) this.#exchange(body);
    else if (type === MESSAGE.finished) {
      this.checkFinished('server', body);
      return { messages: [], done: true };
    }
    this.note(whole);
    return type === MESSAGE.serverHelloDone ? this.#answer() : null;
  }

  #exchange(body: Buffer): void {
    const { parameters, point, ...proof } = readServerKeyExchange(body);
    if (!this.isSigned(Buffer.concat([this.#clientRandom, this.#server?.random ?? NOTHING, parameters]), proof))
      throw new HandshakeFailure('the other side does not hold the key of its certificate');
    this.#point = point;
  }

  #answer(): Flight {
    const server = this.#server;
    if (server === null) throw new Malformed('no ServerHello');
    const messages = [
      this.say(MESSAGE.certificate, certificateMessage(this.own.der)),
      this.say(MESSAGE.clientKeyExchange, vector(1, this.ecdh.generateKeys())),
    ];
    const master = masterSecret(this.sharedSecret(this.#point), sha256(this.transcript));
    this.session = { suite: server.suite, master, clientRandom: this.#clientRandom, serverRandom: server.random };
    messages.push(this.say(MESSAGE.certificateVerify, signed(sign('sha256', this.transcript, this.own.key))));
    messages.push(this.say(MESSAGE.finished, this.finished('client'), true));
    return { messages, done: false };
  }
}
