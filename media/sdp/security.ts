/**
 * How the audio of a description is protected: not at all, by keys that stand in it (SDES, RFC 4568), or as browsers do it: ICE
 * (RFC 8839), DTLS-SRTP (RFC 5763), all on one port (BUNDLE RFC 9143, rtcp-mux RFC 5761). Pure: one Security lives as long as its endpoint.
 */
import { randomToken } from '../../kernel/ids.ts';
import { MediaError, type Profile } from '../port.ts';
import { KEY_BYTES, type MasterKey, type SuiteName, suiteNamed } from '../srtp/suite.ts';
import { type Fingerprint, isKnownHash } from '../webrtc/dtls/certificate.ts';
import type { Role } from '../webrtc/dtls/handshake.ts';
import type { IceCredentials } from '../webrtc/ice.ts';
import type { MediaLine, Session } from './parse.ts';

/** What both sides agreed on, as the worker needs it; our certificate is added on the way there. */
export type Protection =
  | { kind: 'sdes'; local: MasterKey; remote: MasterKey }
  | { kind: 'dtls'; role: Role; fingerprint: Fingerprint; ice: { local: IceCredentials; remoteUfrag: string } };

export interface SecurityOptions {
  /** Of our certificate, sha-256. */
  fingerprint: string;
  address: string;
  port: number;
  ssrc: number;
  /** Keys in a description are worth something only where nobody else reads it (RFC 4568 §7). */
  privateSignalling: boolean;
}

const OFFERED_SUITES: readonly SuiteName[] = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'];
const PROTOCOL: Readonly<Record<Profile, string>> = { plain: 'RTP/AVP', sdes: 'RTP/SAVP', webrtc: 'UDP/TLS/RTP/SAVPF' };
/** RFC 8839 §5.4: at least 24 and 128 bits; hex digits are ice-chars. */
const UFRAG_BYTES = 4;
const PWD_BYTES = 16;
/** RFC 8445 §5.1.2.1 for a host's only address: type preference 126, local preference 65535, component 1. */
const HOST_PRIORITY = 126 * 2 ** 24 + 65_535 * 2 ** 8 + 255;
const MID = '0';

const textOf = (attributes: readonly string[], name: string): string | null =>
  attributes.find((each) => each.startsWith(`${name}:`))?.slice(name.length + 1) ?? null;

/** An attribute of the stream, or else of the whole session. */
const attributeOf = (session: Session, line: MediaLine, name: string): string | null => textOf(line.attributes, name) ?? textOf(session.attributes, name);

/** null = a protocol we do not speak. */
export function profileOf(line: MediaLine): Profile | null {
  if (/^RTP\/AVPF?$/.test(line.protocol)) return 'plain';
  if (/^RTP\/SAVPF?$/.test(line.protocol)) return 'sdes';
  return /^UDP\/TLS\/RTP\/SAVPF?$/.test(line.protocol) ? 'webrtc' : null;
}

const newCredentials = (): IceCredentials => ({ ufrag: randomToken(UFRAG_BYTES), pwd: randomToken(PWD_BYTES) });

const newKey = (suite: SuiteName): MasterKey => ({
  suite,
  key: Buffer.from(randomToken(KEY_BYTES), 'hex'),
  salt: Buffer.from(randomToken(suiteNamed(suite)?.saltBytes ?? 0), 'hex'),
});

const cryptoLine = (tag: string, { suite, key, salt }: MasterKey): string => `a=crypto:${tag} ${suite} inline:${Buffer.concat([key, salt]).toString('base64')}`;

/** One `a=crypto`; null = a suite, or a condition, that we cannot keep. */
function readCrypto(value: string): { tag: string; key: MasterKey } | null {
  const [tag = '', name = '', parameter = '', ...conditions] = value.trim().split(/\s+/);
  const suite = suiteNamed(name);
  // §6.3: what is unknown must not be accepted; of what is known only the hint of a window costs nothing. A key with an MKI would change the packets.
  if (suite === undefined || !/^[0-9]{1,9}$/.test(tag) || conditions.some((each) => !/^WSH=/.test(each))) return null;
  const inline = /^inline:([A-Za-z0-9+/]+={0,2})(?:\|(?:2\^)?[0-9]+)?$/.exec(parameter)?.[1];
  const bytes = Buffer.from(inline ?? '', 'base64');
  if (bytes.length !== KEY_BYTES + suite.saltBytes) return null;
  return { tag, key: { suite: suite.name, key: bytes.subarray(0, KEY_BYTES), salt: bytes.subarray(KEY_BYTES) } };
}

const cryptosOf = (line: MediaLine): { tag: string; key: MasterKey }[] =>
  line.attributes.filter((each) => each.startsWith('crypto:')).flatMap((each) => readCrypto(each.slice('crypto:'.length)) ?? []);

export class Security {
  readonly #options: Omit<SecurityOptions, 'privateSignalling'>;
  /** Another once it is known who answered. */
  privateSignalling: boolean;
  #ice = newCredentials();
  #remoteIce = '';
  /** What our last SDES description said, by its tag. */
  #keys = new Map<string, MasterKey>();
  #lines: string[] = [];

  constructor(options: SecurityOptions) {
    this.#options = options;
    this.privateSignalling = options.privateSignalling;
  }

  /** Why a stream that is offered so cannot be taken; null = it can. */
  refusalOf(session: Session, line: MediaLine): string | null {
    const profile = profileOf(line);
    if (profile === null) return `${line.protocol} is not spoken`;
    if (profile === 'plain') return null;
    if (profile === 'webrtc') {
      if (!line.attributes.includes('rtcp-mux')) return 'no rtcp-mux';
      return attributeOf(session, line, 'ice-ufrag') === null || attributeOf(session, line, 'fingerprint') === null ? 'no ICE, or no fingerprint' : null;
    }
    if (!this.privateSignalling) return 'its keys came over signalling that others can read';
    return cryptosOf(line).length === 0 ? 'no crypto suite in common' : null;
  }

  /** Of an offer that was not refused, or of the answer to ours. */
  agree(session: Session, line: MediaLine, by: 'offer' | 'answer'): Protection | null {
    this.#lines = [];
    const profile = profileOf(line);
    if (profile === 'webrtc') return this.#agreeDtls(session, line, by);
    return profile === 'sdes' ? this.#agreeKeys(line, by) : null;
  }

  /** Attributes of our stream in the answer to the offer that was agreed to last. */
  get answerLines(): readonly string[] {
    return this.#lines;
  }

  /** Protocol and attributes of our stream in an offer. */
  offer(profile: Profile): { protocol: string; lines: string[] } {
    const protocol = PROTOCOL[profile];
    if (profile === 'plain') return { protocol, lines: [] };
    if (profile === 'webrtc') return { protocol, lines: this.#browserLines('actpass', MID) };
    for (const [index, suite] of OFFERED_SUITES.entries()) if (!this.#keys.has(String(index + 1))) this.#keys.set(String(index + 1), newKey(suite));
    return { protocol, lines: [...this.#keys].map(([tag, key]) => cryptoLine(tag, key)) };
  }

  #agreeKeys(line: MediaLine, by: 'offer' | 'answer'): Protection {
    const [theirs] = cryptosOf(line);
    if (theirs === undefined) throw new MediaError('incompatible', 'SDP: no crypto suite in common');
    if (by === 'answer') {
      const local = this.#keys.get(theirs.tag);
      if (local?.suite !== theirs.key.suite) throw new MediaError('incompatible', 'SDP: the answer takes a crypto that was not offered');
      return { kind: 'sdes', local, remote: theirs.key };
    }
    // A key of ours goes on as long as the suite does: a new one would start the counters anew under the old stream.
    const known = [...this.#keys.values()].find((key) => key.suite === theirs.key.suite);
    const local = known ?? newKey(theirs.key.suite);
    this.#keys = new Map([[theirs.tag, local]]);
    this.#lines = [cryptoLine(theirs.tag, local)];
    return { kind: 'sdes', local, remote: theirs.key };
  }

  #agreeDtls(session: Session, line: MediaLine, by: 'offer' | 'answer'): Protection {
    const remoteUfrag = attributeOf(session, line, 'ice-ufrag');
    const [hash = '', value = ''] = (attributeOf(session, line, 'fingerprint') ?? '').split(' ');
    if (remoteUfrag === null || !isKnownHash(hash.toLowerCase())) throw new MediaError('incompatible', 'SDP: no ICE, or no fingerprint by SHA-2');
    const remoteIce = `${remoteUfrag}:${attributeOf(session, line, 'ice-pwd')}`;
    // RFC 8839 §4.4.1.1.1: other credentials in an offer ask for a restart, which is answered by new ones of ours.
    if (by === 'offer' && this.#remoteIce !== '' && this.#remoteIce !== remoteIce) this.#ice = newCredentials();
    this.#remoteIce = remoteIce;
    // RFC 5763 §5: we answer actpass passively; who says that it is passive itself leaves us the first word.
    const role: Role = attributeOf(session, line, 'setup') === 'passive' ? 'client' : 'server';
    this.#lines = this.#browserLines(role === 'client' ? 'active' : 'passive', textOf(line.attributes, 'mid'));
    return { kind: 'dtls', role, fingerprint: { hash: hash.toLowerCase(), value: value.toUpperCase() }, ice: { local: this.#ice, remoteUfrag } };
  }

  #browserLines(setup: 'actpass' | 'active' | 'passive', mid: string | null): string[] {
    const { fingerprint, address, port, ssrc } = this.#options;
    return [
      ...(mid === null ? [] : [`a=mid:${mid}`]),
      'a=rtcp-mux',
      `a=setup:${setup}`,
      `a=fingerprint:sha-256 ${fingerprint}`,
      `a=ice-ufrag:${this.#ice.ufrag}`,
      `a=ice-pwd:${this.#ice.pwd}`,
      `a=candidate:1 1 udp ${HOST_PRIORITY} ${address} ${port} typ host`,
      'a=end-of-candidates',
      'a=msid:huawu audio',
      `a=ssrc:${ssrc} cname:huawu`,
    ];
  }
}

/** Lines of the session for a stream that is protected as browsers do it. */
export const browserSession = (mid: string | null): string[] => ['a=ice-lite', ...(mid === null ? [] : [`a=group:BUNDLE ${mid}`])];

/** The mid of a stream that browsers wrote, in our offers the only one. */
export const midOf = (line: MediaLine | null): string | null => (line === null ? MID : textOf(line.attributes, 'mid'));
