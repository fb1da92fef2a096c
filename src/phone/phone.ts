/**
 * The phone rim: turns SIP into events and carries out what the rooms ask of phones. Speaks to any drachtio-compatible SIP server;
 * drachtio-srf is used here and nowhere else.
 */
import type { Clock } from '../../kernel/clock.ts';
import { type AgentId, type CallId, type LegId, randomToken, type TenantId } from '../../kernel/ids.ts';
import { type Logger, limited } from '../../kernel/log.ts';
import { nonceKeyOf } from '../../kernel/nonce.ts';
import type { MediaServer } from '../../media/port.ts';
import { type CallsView, isTalking } from '../call/call.ts';
import type { AudioTrouble } from '../call/event.ts';
import type { Directory } from '../tenants/directory.ts';
import type { TrunkId } from '../tenants/trunk.ts';
import type { TollView } from '../toll/room.ts';
import type { Carriers, Event } from '../vocabulary.ts';
import { Authenticator, type Passes } from './authenticate.ts';
import { Bindings } from './bindings.ts';
import { askCallback, numberToCallBack } from './callback.ts';
import { type ClaimedLegs, type KeptLeg, takeBack } from './claim.ts';
import { SipConnection } from './connection.ts';
import { connectDirectly } from './direct.ts';
import { ourHosts, unnamedDomains } from './domains.ts';
import type { ContactBinding } from './event.ts';
import { answer, takeInvite } from './inbound.ts';
import type { Leg } from './leg.ts';
import { Legs } from './legs.ts';
import { Nonces } from './nonce.ts';
import { answerOthers } from './options.ts';
import { dialNumber, ringAgent } from './outbound.ts';
import { canPickUp, pickUp } from './pickup.ts';
import { type Caller, type Reach, reach } from './reach.ts';
import { Registrar } from './registrar.ts';
import type { Rim } from './rim.ts';
import type { SipAgent, SipRequest, SipResponse } from './srf.ts';
import { Standby } from './standby.ts';
import { CallerVerifier } from './stir/verify.ts';
import { Subscriptions } from './subscription/subscriptions.ts';
import { FailureThrottle } from './throttle.ts';
import { endChallenged } from './trunk/inside.ts';
import { systemNames, type TrunkNames } from './trunk/names.ts';
import { type TrunkStatus, Trunks } from './trunk/trunks.ts';
import type { SipServerAddress } from './wire.ts';

export interface PhoneOptions {
  /** By which the SIP server knows this application again, 20 characters at most; another with each start where none is given. */
  name?: string;
  /** There are calls of the run before to go on with: `claim` is asked first. */
  isHeir?: boolean;
  drachtio: SipServerAddress;
  clock: Clock;
  log: Logger;
  take: (event: Event) => void;
  directory: Directory;
  media: MediaServer;
  calls: CallsView;
  toll: TollView;
  /** Asked whom trunks' names stand for; the system's DNS where none is given. */
  names?: TrunkNames;
  /** `address[/prefix][:port]`; createPhone throws on one it cannot read. */
  trustedTrunks: readonly string[];
  publicAddress: string;
  /** SIP_DOMAINS, in lower case; none = every host may be ours. */
  domains?: ReadonlySet<string>;
  /** PEM text of the authorities whose certificates may sign callers' numbers; absent = signatures are not looked at. */
  stirRoots?: string;
  newCallId: () => CallId;
  /** What browsers register with; absent = with their users' own passwords. */
  passes?: Passes;
  /** A key that a leg's phone sent by SIP INFO. */
  onKey?: (legId: LegId, key: string) => void;
  /** false = new calls get 503 until it is true again. */
  accepting?: () => boolean;
  recordable?: (tenantId: TenantId) => boolean;
}

export interface Phone {
  carriers: Pick<
    Carriers,
    | 'answerLeg'
    | 'alertLeg'
    | 'ringLeg'
    | 'dialLeg'
    | 'askCallback'
    | 'releaseLeg'
    | 'reanchorLeg'
    | 'directLegs'
    | 'pickUpLeg'
    | 'controlPhone'
    | 'moveLeg'
    | 'refuseTransfer'
  >;
  /** Before `start`, as heir: takes back the legs whose dialogs the SIP server has kept, and has it end the others. */
  claim(legs: readonly KeptLeg[]): Promise<ClaimedLegs>;
  /** Resolves when the SIP server took us the first time; a loss later is mended by itself. Rejects on a wrong secret. */
  start(): Promise<void>;
  /** false: new calls get 503, and none but for help should be made. */
  readonly accepting: boolean;
  /** New calls get 503 from now on; calls in progress go on. */
  drain(): void;
  /** Ends what is left with `server_shutdown` and leaves the SIP server. */
  close(): Promise<void>;
  /** Leaves the SIP server with all that is up: whoever comes next by our name goes on with it. */
  leave(): void;
  /** What the journal knew of an agent's phones; before `start`. */
  restoreBindings(bindings: Iterable<readonly [AgentId, readonly ContactBinding[]]>): void;
  /** Static contacts of agents new in the directory become reachable; trunks are as they are configured now. */
  directoryChanged(): void;
  /** Something of ours threw in what is this leg's own: the call ends, or the leg alone while its phones are being rung. */
  broke(legId: LegId, error: unknown): void;
  /** This leg's audio went with its media server. */
  endpointLost(legId: LegId): void;
  /** The media server has heard nothing on this leg for `silentMs`, which is too long. Counts only while two people talk. */
  mediaTimedOut(legId: LegId, silentMs: number): void;
  /** Its sound is bad or goes one way; `none` = no longer. */
  audioTroubled(legId: LegId, trouble: AudioTrouble | 'none'): void;
  /** Audio of this leg has gone past the media server: what was measured there is not all. */
  hasBeenDirect(legId: LegId): boolean;
  /** The page of a browser was closed, or is there again. */
  partyAway(legId: LegId, away: boolean): void;
  /** Whether the phone that rings for this leg can be told to go off-hook. */
  canPickUp(legId: LegId): boolean;
  /** Whether an agent may call this number from her desk, and whose it is. */
  reach(caller: Caller, dialled: string): Reach;
  /** How a number is written that may be called back; null = it may not. */
  numberToCallBack(tenantId: TenantId, wished: string): string | null;
  /** The SIP Call-IDs of all dialogs of a call, also of one that ended lately. */
  sipCallsOf(callId: CallId): readonly string[];
  /** Hears every fact: what lamps of phones show follows from some. */
  hear(event: Event): void;
  status(): PhoneStatus;
  /** Trunks that are switched on, and how they are. */
  trunks(): TrunkStatus[];
  /** Contacts her phones have registered and that hold now. */
  contactsOf(agentId: AgentId): readonly ContactBinding[];
  /** Address lists whose calls are a trunk's: as configured, and whom names stand for now. `onChange` is told when they may be others. */
  trunkSources(): string[];
  onTrunkSources(onChange: () => void): void;
  /** Calls over one, also when it was switched off meanwhile. */
  callsOver(trunkId: TrunkId): number;
}

export interface PhoneStatus {
  connected: boolean;
  draining: boolean;
  legs: number;
  /** Contacts registered now. */
  contacts: number;
  /** Lamps of phones that are kept up to date. */
  subscriptions: number;
}

const MOST_LEGS = 20_000;
/** Calls a stranger may ask for in a minute before its source is shut out (fault row H2). */
const MOST_PROBES = 10;
/** For the last BYEs, and the last words to trunks, to leave. */
const FAREWELL_MS = 200;
const BUSY = { headers: { 'Retry-After': '30' } };

const tagsOf = ({ name = randomToken(8), isHeir = false }: PhoneOptions): string[] => [
  `name:${name}`,
  `run:${randomToken(8)}`,
  'lobby',
  ...(isHeir ? ['heir'] : []),
];

export function createPhone(options: PhoneOptions): Phone {
  return new PhoneRim(options);
}

class PhoneRim implements Phone {
  readonly carriers: Phone['carriers'];
  readonly #options: PhoneOptions;
  readonly #rim: Rim;
  readonly #registrar: Registrar;
  readonly #legs = new Legs<Leg>();
  readonly #subscriptions: Subscriptions;
  readonly #connection: SipConnection;
  readonly #staticPhones = new Set<AgentId>();
  #draining = false;
  #closed = false;

  constructor(options: PhoneOptions) {
    const { clock, log, take, directory, media, calls, publicAddress, newCallId } = options;
    this.#options = options;
    const nonces = new Nonces(nonceKeyOf(options.drachtio.secret), clock.now());
    const alarm = (guessed: object): void => log.warn(guessed, 'ALARM passwords of phones are being guessed');
    const authenticator = new Authenticator(clock, directory, nonces, undefined, alarm, options.passes);
    const bindings = new Bindings(clock, take);
    const isOurs = ourHosts(options.domains ?? new Set(), directory);
    this.#registrar = new Registrar(clock, authenticator, bindings, isOurs);
    const connection = new SipConnection({
      ...{ server: options.drachtio, clock, log, tags: tagsOf(options) },
      furnish: (agent) => this.#furnish(agent),
      onDown: () => this.#lost(),
    });
    this.#connection = connection;
    const house = {
      get sip() {
        return connection.agent;
      },
      get reachable() {
        return connection.up;
      },
      ...{ clock, log, publicAddress, names: options.names ?? systemNames() },
    };
    this.#rim = {
      get sip() {
        return connection.agent;
      },
      ...{ clock, log, take, media, directory, calls, authenticator, bindings, publicAddress, isOurs, newCallId },
      warn: limited(log, clock),
      callerVerifier: options.stirRoots === undefined ? null : new CallerVerifier(clock, options.stirRoots),
      legs: this.#legs,
      standby: new Standby({ calls, clock, legs: this.#legs, log, media }, publicAddress),
      recordable: options.recordable ?? (() => true),
      pressed: options.onKey ?? (() => undefined),
      trunks: new Trunks(house, directory, options.trustedTrunks),
      toll: options.toll,
      probes: new FailureThrottle(MOST_PROBES),
      broke: (legId, error) => this.broke(legId, error),
      forget: (legId) => {
        this.#legs.remove(legId);
        this.#rim.trunks.free(legId);
      },
    };
    this.#subscriptions = new Subscriptions(this.#rim);
    this.#legs.onChange = (agentId) => this.#subscriptions.legsChanged(agentId);
    this.carriers = this.#carriers();
  }

  async claim(legs: readonly KeptLeg[]): Promise<ClaimedLegs> {
    return takeBack(this.#rim, (leg) => this.#legs.add(leg), legs, await this.#connection.claim());
  }

  async start(): Promise<void> {
    this.#rim.bindings.start();
    this.directoryChanged();
    const unnamed = unnamedDomains(this.#options.domains ?? new Set(), this.#rim.directory);
    if (unnamed.length > 0) this.#rim.log.warn({ unnamed }, 'SIP_DOMAINS lacks domains of tenants: phones that register under them are refused');
    await this.#connection.start();
    this.#rim.trunks.start();
  }

  drain(): void {
    this.#draining = true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.drain();
    this.#closed = true;
    this.#rim.bindings.stop();
    this.#rim.standby.close();
    const told = this.#rim.trunks.farewell();
    const lamps = this.#subscriptions.size > 0;
    this.#subscriptions.close();
    const legs = this.#legs.values();
    for (const leg of legs) leg.release('server_shutdown', 'server');
    if (legs.length > 0 || told || lamps) await new Promise<void>((resolve) => this.#rim.clock.after(FAREWELL_MS, resolve));
    this.#connection.close();
  }

  leave(): void {
    this.#closed = true;
    this.#rim.bindings.stop();
    this.#connection.close();
  }

  restoreBindings(bindings: Iterable<readonly [AgentId, readonly ContactBinding[]]>): void {
    for (const [agentId, contacts] of bindings) this.#rim.bindings.restore(agentId, contacts);
  }

  directoryChanged(): void {
    this.#rim.trunks.refresh();
    for (const { agentId, staticContact } of this.#options.directory.agents()) {
      if (staticContact === null || this.#staticPhones.has(agentId)) continue;
      this.#staticPhones.add(agentId);
      this.#rim.take({ type: 'phoneReachable', agentId });
    }
  }

  endpointLost(legId: LegId): void {
    this.#rim.standby.lost(legId);
    this.#legs.get(legId)?.lostMedia();
  }

  mediaTimedOut(legId: LegId, silentMs: number): void {
    const leg = this.#legs.get(legId);
    if (leg?.progress.at !== 'up' || leg.progress.hold.held) return;
    const call = this.#options.calls.get(leg.callId);
    if (call === undefined || !isTalking(call, legId) || call.direct != null) return;
    leg.release('media_timeout', 'server', this.#options.clock.now() - silentMs);
  }

  audioTroubled(legId: LegId, trouble: AudioTrouble | 'none'): void {
    const leg = this.#legs.get(legId);
    // What goes past the media server is not heard there.
    if (leg !== undefined && this.#options.calls.get(leg.callId)?.direct != null) return;
    if (leg?.progress.at === 'up') this.#options.take({ type: 'legAudioTroubled', callId: leg.callId, legId, trouble });
  }

  hasBeenDirect(legId: LegId): boolean {
    return this.#legs.get(legId)?.hasBeenDirect === true;
  }

  partyAway(legId: LegId, away: boolean): void {
    this.#legs.get(legId)?.away(away);
  }

  canPickUp(legId: LegId): boolean {
    return canPickUp(this.#legs.get(legId));
  }

  reach(caller: Caller, dialled: string): Reach {
    return reach(this.#rim, caller, dialled);
  }

  numberToCallBack(tenantId: TenantId, wished: string): string | null {
    return numberToCallBack(this.#rim, tenantId, wished);
  }

  sipCallsOf(callId: CallId): readonly string[] {
    return this.#legs.sipCallsOf(callId);
  }

  hear(event: Event): void {
    this.#subscriptions.hear(event);
    this.#rim.standby.hear(event);
  }

  status(): PhoneStatus {
    return {
      connected: this.#connection.up,
      draining: this.#draining,
      legs: this.#legs.size,
      contacts: this.#rim.bindings.size,
      subscriptions: this.#subscriptions.size,
    };
  }

  contactsOf(agentId: AgentId): readonly ContactBinding[] {
    return this.#rim.bindings.of(agentId);
  }

  trunks(): TrunkStatus[] {
    return this.#rim.trunks.status();
  }

  trunkSources(): string[] {
    return this.#rim.trunks.sourceTexts();
  }

  onTrunkSources(onChange: () => void): void {
    this.#rim.trunks.onSources = onChange;
  }

  callsOver(trunkId: TrunkId): number {
    return this.#rim.trunks.calls(trunkId);
  }

  get accepting(): boolean {
    return !this.#draining && (this.#options.accepting?.() ?? true);
  }

  #carriers(): Phone['carriers'] {
    const keep = (leg: Leg): void => this.#legs.add(leg);
    return {
      answerLeg: ({ legId }) => {
        const leg = this.#legs.get(legId);
        return leg === undefined ? undefined : answer(this.#rim, leg);
      },
      alertLeg: ({ legId }) => this.#legs.get(legId)?.alert(),
      ringLeg: (command) => this.#rung(command.legId, ringAgent(this.#rim, keep, command)),
      dialLeg: (command) => this.#rung(command.legId, dialNumber(this.#rim, keep, command)),
      askCallback: (command) => askCallback(this.#rim, command),
      releaseLeg: ({ legId, cause, by }) => this.#legs.get(legId)?.release(cause, by),
      directLegs: ({ callId, legIds }) => {
        const [first, second] = legIds;
        return connectDirectly(this.#rim, callId, legIds, [this.#legs.get(first), this.#legs.get(second)]);
      },
      reanchorLeg: ({ legId }) => this.#legs.get(legId)?.reanchor(),
      moveLeg: ({ callId, legId }) => {
        const leg = this.#legs.get(legId);
        if (leg !== undefined) leg.callId = callId;
      },
      refuseTransfer: ({ legId, cause }) => this.#legs.get(legId)?.refuseTransfer(cause),
      pickUpLeg: ({ legId }) => pickUp(this.#rim, this.#legs.get(legId)),
      controlPhone: ({ legId, control }) => this.#legs.get(legId)?.controlPhone(control),
    };
  }

  /** A leg that there is already ends by its own way. */
  #rung(legId: LegId, doing: Promise<void>): Promise<void> {
    return doing.catch((error: unknown) => {
      if (this.#legs.get(legId) === undefined) throw error;
      this.broke(legId, error);
    });
  }

  #furnish(sip: SipAgent): void {
    const keep = (leg: Leg): void => this.#legs.add(leg);
    sip.use(
      'register',
      this.#guarded((req, res) => this.#registrar.register(req, res)),
    );
    sip.use(
      'invite',
      this.#guarded((req, res) => {
        if (!this.accepting || this.#legs.size >= MOST_LEGS) return res.send(503, BUSY);
        takeInvite(this.#rim, keep, req, res);
      }),
    );
    sip.use(
      'subscribe',
      this.#guarded((req, res) => this.#subscriptions.subscribe(req, res)),
    );
    // Of calls that are over already: those that are not end in their dialog.
    sip.use(
      'bye',
      this.#guarded((req, res) => {
        if (req.source === 'network') res.send(481);
        else if (req.has('Proxy-Authenticate') || req.has('WWW-Authenticate')) endChallenged(this.#rim, this.#rim.trunks.lines(), sip, req);
      }),
    );
    answerOthers(sip, () => !this.accepting);
  }

  /** One request's fault must not harm another's, nor leave its sender without an answer. */
  #guarded(handle: (req: SipRequest, res: SipResponse) => void): (req: SipRequest, res: SipResponse) => void {
    return (req, res) => {
      try {
        handle(req, res);
      } catch (error) {
        this.#rim.warn('a SIP request failed', { err: error, method: req.method });
        const leg = req.method === 'INVITE' ? this.#legs.bySipCall(req.get('Call-ID') ?? '') : undefined;
        if (leg !== undefined && !leg.ended) leg.release('internal', 'server');
        else if (!res.finalResponseSent) res.send(500);
      }
    };
  }

  broke(legId: LegId, error: unknown): void {
    const leg = this.#legs.get(legId);
    this.#options.log.error({ err: error, legId }, 'something of a leg failed');
    if (leg === undefined || leg.ended) return;
    const { at } = leg.progress;
    if (at === 'opening' || at === 'ringing') leg.release('internal', 'server');
    else this.#options.take({ type: 'callBroke', callId: leg.callId, where: 'phone' });
  }

  /** The SIP server's dialogs went with the connection. */
  #lost(): void {
    this.#subscriptions.lostSip();
    for (const leg of this.#legs.values()) leg.lostSip();
  }
}
