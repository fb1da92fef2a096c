/** The phone rim alone, with our real SIP server before it: what it tells and what it is told can be looked at. */
import { type Clock, pause, systemClock } from '../../kernel/clock.ts';
import { newCallId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { MediaError, type MediaServer, type OpenRequest } from '../../media/port.ts';
import { readSipConfig } from '../../sip/config.ts';
import { openSipServer, type SipServer } from '../../sip/server.ts';
import type { PhoneSettings } from '../../src/acd/event.ts';
import type { Call, CallsView } from '../../src/call/call.ts';
import type { Passes } from '../../src/phone/authenticate.ts';
import { createPhone, type Phone } from '../../src/phone/phone.ts';
import { systemNames } from '../../src/phone/trunk/names.ts';
import { SIP_REALM } from '../../src/tenants/directory.ts';
import type { OutsideRules } from '../../src/toll/policy.ts';
import { createToll } from '../../src/toll/room.ts';
import type { Event } from '../../src/vocabulary.ts';
import type { NameServer } from './name-server.ts';
import { phoneDirectory, type TestTrunk } from './phone-directory.ts';
import { freePort } from './ports.ts';
import { Relay } from './relay.ts';

export const SECRET = 'test-secret';
const PATIENCE_MS = 10_000;
const POLL_MS = 5;

export interface RimOptions {
  staticPhones?: Readonly<Record<string, string>>;
  /** By number. */
  phoneSettings?: Readonly<Record<string, PhoneSettings>>;
  trustedTrunks?: readonly string[];
  /** The SIP server's guard challenges strangers itself. */
  guarded?: boolean;
  /** The application comes to the SIP server through a network that can be cut. */
  cuttable?: boolean;
  /** The SIP server takes browsers that are handed on here. */
  browserSocket?: string;
  /** SIP_DOMAINS, as the application knows them. */
  domains?: ReadonlySet<string>;
  /** Both ask it for names. */
  dns?: NameServer;
  /** The SIP server's time goes so many times as fast as ours. */
  sipHaste?: number;
  /** There is room to record; absent = there is. */
  recordable?: () => boolean;
  media?: MediaServer;
  calls?: CallsView;
  stirRoots?: string;
  /** What consoles' phones register with. */
  passes?: Passes;
  trunks?: readonly TestTrunk[];
  rules?: OutsideRules;
  /** Told where the SIP server is, before the phone rim is begun. */
  before?: (server: { host: string; port: number }) => void;
  /** What the rest of the house does with an event, at once and in the same turn. */
  react?: (event: Event, phone: Phone) => void;
}

export class RimHouse {
  readonly phone: Phone;
  readonly server: { host: string; port: number };
  readonly events: Event[];
  #sip: SipServer;
  readonly #ports: Ports;
  readonly #take: (event: Event) => void;
  readonly #relay: Relay | null;
  #seen = 0;

  private constructor({ phone, take }: TestPhone, sip: SipServer, ports: Ports, events: Event[], relay: Relay | null) {
    this.#relay = relay;
    this.phone = phone;
    this.#take = take;
    this.#sip = sip;
    this.#ports = ports;
    this.events = events;
    this.server = { host: '127.0.0.1', port: ports.sip };
  }

  static async open(options: RimOptions = {}): Promise<RimHouse> {
    const ports = {
      sip: await freePort(),
      admin: await freePort(),
      guarded: options.guarded === true,
      haste: options.sipHaste ?? 1,
      dns: options.dns?.at,
      browserSocket: options.browserSocket,
    };
    const sip = await openSip(ports);
    const events: Event[] = [];
    const relay = options.cuttable === true ? await Relay.open(ports.admin) : null;
    const { phone, take } = newPhone(relay?.port ?? ports.admin, SECRET, options, events);
    options.before?.({ host: '127.0.0.1', port: ports.sip });
    await phone.start();
    return new RimHouse({ phone, take }, sip, ports, events, relay);
  }

  /** A second application at the same SIP server. */
  async startAnother(secret: string): Promise<void> {
    const { phone: another } = newPhone(this.#ports.admin, secret, {}, []);
    try {
      await another.start();
    } finally {
      await another.close();
    }
  }

  /** The next event of this type that no earlier `until` has passed over. */
  async until<T extends Event['type']>(type: T, withinMs = PATIENCE_MS): Promise<Extract<Event, { type: T }>> {
    const deadline = systemClock.now() + withinMs;
    while (systemClock.now() < deadline) {
      const at = this.events.findIndex((event, index) => index >= this.#seen && event.type === type);
      if (at >= 0) {
        this.#seen = at + 1;
        return this.events[at] as Extract<Event, { type: T }>;
      }
      await pause(systemClock, POLL_MS);
    }
    throw new Error(`no ${type} within ${withinMs} ms, only ${JSON.stringify(this.events.slice(this.#seen))}`);
  }

  /** How often an event was told, from the start. */
  count(type: Event['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** The rooms' timer falls due. */
  timePasses(): void {
    this.#take({ type: 'timePassed' });
  }

  get relay(): Relay {
    if (this.#relay === null) throw new Error('open it with cuttable');
    return this.#relay;
  }

  loseSip(): void {
    this.#sip.close();
  }

  async restartSip(): Promise<void> {
    this.#sip = await openSip(this.#ports);
  }

  async close(): Promise<void> {
    await this.phone.close();
    this.#relay?.close();
    this.#sip.close();
  }
}

interface TestPhone {
  phone: Phone;
  take: (event: Event) => void;
}

function newPhone(adminPort: number, secret: string, options: RimOptions, events: Event[]): TestPhone {
  const noCalls: CallsView = { get: () => undefined, values: () => new Map<never, Call>().values(), size: 0 };
  const toll = createToll();
  const take = (event: Event): void => {
    events.push(event);
    const turn = toll.decide(event, systemClock.now());
    events.push(...turn.events);
    for (const command of turn.commands) if (command.type === 'releaseLeg') phone.carriers.releaseLeg(command);
    options.react?.(event, phone);
  };
  const phone: Phone = createPhone({
    toll,
    drachtio: { host: '127.0.0.1', port: adminPort, secret },
    ...{
      clock: systemClock,
      log: silentLog,
      directory: phoneDirectory(options.staticPhones, options.trunks, options.rules, options.phoneSettings),
      media: options.media ?? new FakeMedia(),
      calls: options.calls ?? noCalls,
    },
    take,
    trustedTrunks: options.trustedTrunks ?? [],
    ...(options.dns === undefined ? {} : { names: systemNames([options.dns.at]) }),
    ...(options.domains === undefined ? {} : { domains: options.domains }),
    ...(options.stirRoots === undefined ? {} : { stirRoots: options.stirRoots }),
    ...(options.passes === undefined ? {} : { passes: options.passes }),
    ...(options.recordable === undefined ? {} : { recordable: options.recordable }),
    publicAddress: '127.0.0.1',
    newCallId: () => newCallId(systemClock.now()),
  });
  return { phone, take };
}

const hasty = (times: number): Clock => ({
  now: () => systemClock.now() * times,
  after: (ms, fn) => systemClock.after(ms / times, fn),
  every: (ms, fn) => systemClock.every(ms / times, fn),
});

interface Ports {
  sip: number;
  admin: number;
  guarded: boolean;
  haste: number;
  dns: string | undefined;
  browserSocket: string | undefined;
}

async function openSip(ports: Ports): Promise<SipServer> {
  const env = {
    ...{ SIP_HOST: '127.0.0.1', SIP_PORT: String(ports.sip), PUBLIC_ADDRESS: '127.0.0.1' },
    ...{ DRACHTIO_PORT: String(ports.admin), DRACHTIO_SECRET: SECRET, LOG_LEVEL: 'silent' },
    ...(ports.browserSocket === undefined ? {} : { SIP_WS_SOCKET: ports.browserSocket }),
    ...(ports.dns === undefined ? {} : { SIP_DNS_SERVERS: ports.dns }),
    ...(ports.guarded ? { SIP_CHALLENGE_REALM: SIP_REALM } : {}),
  };
  const read = readSipConfig([], env);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return openSipServer(read.config, silentLog, ports.haste === 1 ? systemClock : hasty(ports.haste));
}

/** Answers like a media server, without a sound: for tests that look at signalling only. */
export class FakeMedia implements MediaServer {
  /** Endpoints that are open; what was asked for, of each that ever was. */
  readonly endpoints = new Set<string>();
  readonly opened: OpenRequest[] = [];
  readonly accepted: string[] = [];
  readonly #protocol: string;
  refuseChanges = false;
  /** Changes are answered after it. */
  slowness: Promise<void> | undefined;

  capabilities: MediaServer['capabilities'] = async () => ({ codecs: ['PCMA/8000'], record: false, mix: false, webrtc: false });

  constructor(protocol = 'RTP/AVP') {
    this.#protocol = protocol;
  }

  open: MediaServer['open'] = async (request) => {
    const { endpointId, offer = 'm=audio' } = request;
    this.opened.push(request);
    if (!/^(v=0\r\n[\s\S]*)?m=audio/.test(offer)) throw new MediaError('incompatible', 'no codec in common');
    this.endpoints.add(endpointId);
    return { sdp: sdpOf('sendrecv').replace('RTP/AVP', this.#protocol) };
  };

  accept: MediaServer['accept'] = async (endpointId, answer) => {
    if (!/^v=0\r\n[\s\S]*m=audio/.test(answer)) throw new MediaError('bad_request', 'no audio in the answer');
    this.accepted.push(endpointId);
  };

  renegotiate: MediaServer['renegotiate'] = async (_endpointId, offer) => {
    await this.slowness;
    if (this.refuseChanges) throw new MediaError('incompatible', 'no codec in common');
    const direction = (['sendonly', 'recvonly', 'inactive'] as const).find((one) => offer.includes(`a=${one}`)) ?? 'sendrecv';
    return { sdp: sdpOf(({ sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive', sendrecv: 'sendrecv' } as const)[direction]), direction };
  };

  close: MediaServer['close'] = async (endpointId) => {
    this.endpoints.delete(endpointId);
    return null;
  };

  play: MediaServer['play'] = async () => undefined;
  changePlay: MediaServer['changePlay'] = async () => ({ atMs: 0, lengthMs: null, paused: false, volumeDb: 0 });
  stop: MediaServer['stop'] = async () => undefined;
  sendDigits: MediaServer['sendDigits'] = async () => undefined;
  signalledKey: MediaServer['signalledKey'] = async () => undefined;
  listenForTones: MediaServer['listenForTones'] = async () => undefined;
  maskKeys: MediaServer['maskKeys'] = async () => undefined;
  unmaskKeys: MediaServer['unmaskKeys'] = async () => undefined;
  join: MediaServer['join'] = async () => undefined;
  part: MediaServer['part'] = async () => undefined;
  echo: MediaServer['echo'] = async () => undefined;
  mute: MediaServer['mute'] = async () => undefined;
  conference: MediaServer['conference'] = async () => undefined;
  setGains: MediaServer['setGains'] = async () => undefined;
  removeFromConference: MediaServer['removeFromConference'] = async () => undefined;
  endConference: MediaServer['endConference'] = async () => undefined;
  playToConference: MediaServer['playToConference'] = async () => undefined;
  record: MediaServer['record'] = async () => undefined;
  pauseRecording: MediaServer['pauseRecording'] = async () => undefined;
  resumeRecording: MediaServer['resumeRecording'] = async () => undefined;
  moveRecording: MediaServer['moveRecording'] = async () => undefined;
  stopRecording: MediaServer['stopRecording'] = async () => undefined;
  tap: MediaServer['tap'] = async () => undefined;
  untap: MediaServer['untap'] = async () => undefined;
  watchVoice: MediaServer['watchVoice'] = async () => undefined;
  detectAnswer: MediaServer['detectAnswer'] = async () => undefined;
  stats: MediaServer['stats'] = async () => ({ packetsIn: 0, packetsOut: 0, lost: 0, jitterMs: 0, strangers: 0, quality: SILENT });
}

const SILENT = { codec: null, heard: null, sent: null, roundTripMs: null, troubles: [] };

const sdpOf = (direction: string): string =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=${direction}\r\n`;
