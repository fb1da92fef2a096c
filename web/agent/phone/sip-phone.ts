/**
 * The phone of this page, by sip.js: SIP over WebSocket to the page's own host, sound by WebRTC. Where its SessionManager would give a call up
 * because the socket broke, this one goes on: sound flows without it, and who comes back registers again. Sound that was cut, or whose way has changed, is
 * mended in the dialog that stands by an ICE restart (RFC 8445 §9); where that is not taken her call is taken back by Replaces (RFC 3891), as after a reload.
 */
import { Invitation, type Session, SessionState, SIPExtension, Web } from 'sip.js';
import { browserClock } from '../../shared/clock.ts';
import { constraintsOf, mayListen, playBy, troubleOf } from './devices.ts';
import { connectionOf, isCutOff, restartIce } from './ice.ts';
import { instanceId, keepDialog, keptDialog } from './kept-dialog.ts';
import type { Devices, Pass, Phone, PhoneCall, PhoneOptions, PhoneTrouble, PhoneView } from './phone.ts';
import { type Heard, heardIn, qualityOf } from './quality.ts';
import { Registration } from './registration.ts';
import { Ringer } from './sound.ts';

const EXPIRES_SECONDS = 300;
const ICE_WITHIN_MS = 500;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** A line that says nothing to a REGISTER for so long is dead, whatever the browser still believes. */
const PROBE_MS = 4_000;
const MEASURE_EVERY_MS = 3_000;
const BUSY = 486;
const CANNOT = 480;

/** Rejects when sip.js cannot read its own address. */
export function startSipPhone(options: PhoneOptions): Phone {
  const phone = new SipPhone(options);
  void phone.start();
  return phone;
}

class SipPhone implements Phone {
  readonly #options: PhoneOptions;
  readonly #listeners = new Set<() => void>();
  readonly #speaker = new Audio();
  readonly #ringer: Ringer;
  #view: PhoneView = { state: 'starting', trouble: null, call: null, quality: null };
  #devices: Devices;
  #manager: Web.SessionManager | null = null;
  #registration: Registration | null = null;
  #address = '';
  #session: Session | null = null;
  /** The server would not have the pass any more (it was started anew, or she signed in elsewhere). */
  #passIsStale = false;
  /** A new pass was asked for since the last registration: another refusal is no reason to ask at once. */
  #passIsRenewed = false;
  #hasCall = false;
  /** The network may be another than the one that the sound goes by. */
  #wayIsStale = false;
  #restarts: Session | null = null;
  /** A leg that is to take the old one's place is on its way. */
  #takesBack = false;
  #failures = 0;
  #stopped = false;
  #cancelRetry = (): void => undefined;
  #cancelProbe = (): void => undefined;
  #cancelMeasure = (): void => undefined;

  constructor(options: PhoneOptions) {
    this.#options = options;
    this.#devices = options.devices;
    this.#ringer = new Ringer(options.devices.ringer);
    playBy(this.#speaker, options.devices.speaker);
  }

  readonly view = (): PhoneView => this.#view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async start(): Promise<void> {
    const trouble = await mayListen(this.#devices);
    if (this.#stopped) return;
    if (trouble !== null) return this.#show({ state: 'refused', trouble });
    this.#show({ state: 'starting', trouble: null });
    try {
      const pass = await this.#options.pass();
      if (this.#stopped) return;
      this.#manager = this.#make(pass);
      await this.#manager.connect();
    } catch {
      this.#away();
    }
  }

  use(devices: Devices): void {
    const otherMicrophone = devices.microphone !== this.#devices.microphone;
    this.#devices = devices;
    this.#ringer.use(devices.ringer);
    playBy(this.#speaker, devices.speaker);
    if (this.#view.state === 'refused') void this.start();
    else if (otherMicrophone) void this.#changeMicrophone();
  }

  lost(): void {
    if (this.#view.state === 'online') this.#show({ state: 'away' });
  }

  wake(changed: boolean): void {
    this.#wayIsStale ||= changed && this.#session !== null;
    const manager = this.#manager;
    if (this.#stopped || this.#view.state === 'refused' || this.#view.state === 'starting') return;
    if (manager === null || !manager.isConnected()) {
      this.#reconnect();
      return;
    }
    this.#cancelProbe();
    this.#cancelProbe = browserClock.after(PROBE_MS, () => {
      // Over a network that is gone nobody says goodbye either: the browser would wait for it, we do not.
      void manager.userAgent.transport.disconnect().catch(() => undefined);
      this.#away();
    });
    void this.#registration?.ask();
  }

  hasCall(has: boolean): void {
    this.#hasCall = has;
    if (has) this.#recover();
  }

  microphone(): MediaStream | null {
    return this.#session === null ? null : (this.#manager?.getLocalMediaStream(this.#session) ?? null);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of [this.#cancelRetry, this.#cancelProbe, this.#cancelMeasure]) cancel();
    this.#ringer.stop();
    keepDialog(null);
    const manager = this.#manager;
    if (manager === null) return;
    await this.#registration?.leave();
    await manager.disconnect().catch(() => undefined);
  }

  // -- the line ----------------------------------------------------------------------------------------------------

  #make({ address, username, password }: Pass): Web.SessionManager {
    this.#address = address;
    const id = instanceId(() => crypto.randomUUID());
    const manager = new Web.SessionManager(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/sip`, {
      aor: `sip:${address}`,
      autoStop: false,
      maxSimultaneousSessions: 0,
      media: { constraints: { audio: true, video: false }, remote: () => ({ audio: this.#speaker }) },
      userAgentOptions: {
        authorizationUsername: username,
        authorizationPassword: password,
        instanceId: id,
        logLevel: 'error',
        sipExtensionReplaces: SIPExtension.Supported,
        // No server of others is asked for our address: ours sees it.
        sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: ICE_WITHIN_MS, peerConnectionConfiguration: { iceServers: [] } },
      },
      delegate: {
        onCallReceived: (session) => this.#rings(session),
        onServerConnect: () => void this.#registration?.ask(),
        onNotificationReceived: ({ request }) => {
          if (/^talk\b/i.test(request.getHeader('Event') ?? '')) this.#answer();
        },
      },
    });
    manager.userAgent.delegate = { ...manager.userAgent.delegate, onDisconnect: () => this.#away() };
    // It goes off-hook when the desk's own button is pressed, wherever that desk is.
    const asked = { expires: EXPIRES_SECONDS, instanceId: id, regId: 1, extraHeaders: ['Allow-Events: talk'] };
    this.#registration = new Registration(manager.userAgent, asked, {
      mayAsk: () => this.#hasFreshPass(),
      accepted: () => this.#registered(),
      refused: (status) => this.#refused(status),
      lapsed: () => this.#show({ state: 'away' }),
    });
    return manager;
  }

  /** A server that was started anew knows no pass: another is fetched at once, and if that is refused as well, when sip.js tries again. */
  #refused(status: number): void {
    if (status !== 401 && status !== 403) return;
    this.#passIsStale = true;
    if (this.#passIsRenewed) return;
    this.#passIsRenewed = true;
    void this.#registration?.ask();
  }

  async #hasFreshPass(): Promise<boolean> {
    if (!this.#passIsStale || this.#manager === null) return true;
    try {
      const { username, password } = await this.#options.pass();
      Object.assign(this.#manager.userAgent.configuration, { authorizationUsername: username, authorizationPassword: password });
      this.#passIsStale = false;
      return true;
    } catch {
      this.#away();
      return false;
    }
  }

  #registered(): void {
    this.#failures = 0;
    this.#passIsRenewed = false;
    this.#cancelProbe();
    this.#show({ state: 'online', trouble: null });
    this.#recover();
  }

  /** Comes back after a while that grows, with jitter; sound that still flows is left alone. */
  #away(): void {
    if (this.#stopped) return;
    this.#cancelProbe();
    if (this.#manager?.isConnected() !== true) this.#registration?.forget();
    this.#show({ state: 'away' });
    this.#failures += 1;
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 8));
    this.#cancelRetry();
    this.#cancelRetry = browserClock.after(ceiling / 2 + (Math.random() * ceiling) / 2, () => this.#reconnect());
  }

  #reconnect(): void {
    this.#cancelRetry();
    if (this.#stopped) return;
    if (this.#manager === null) return void this.start();
    if (this.#manager.isConnected()) return void this.#registration?.ask();
    this.#manager.connect().catch(() => this.#away());
  }

  // -- the call ----------------------------------------------------------------------------------------------------

  #rings(session: Session): void {
    if (!(session instanceof Invitation)) return;
    if (this.#session !== null && !this.#hasCall && isCutOff(this.#session)) this.#letGo(this.#session);
    if (this.#session !== null) return void session.reject({ statusCode: BUSY }).catch(() => undefined);
    // A phone that says nothing within 4 s is taken for gone.
    void session.progress().catch(() => undefined);
    this.#follow(session, { state: 'ringing', number: numberOf(session) });
    this.#ringer.ring();
    if (answersItself(session)) this.#answer();
  }

  #answer(): void {
    const session = this.#session;
    if (!(session instanceof Invitation) || this.#view.call?.state !== 'ringing') return;
    this.#ringer.stop();
    this.#show({ call: { ...this.#view.call, state: 'joining' } });
    const sessionDescriptionHandlerOptions = { constraints: constraintsOf(this.#devices) };
    this.#manager?.answer(session, { sessionDescriptionHandlerOptions }).catch((error: unknown) => {
      this.#show({ trouble: troubleOf(error) });
      void session.reject({ statusCode: CANNOT }).catch(() => undefined);
    });
  }

  #recover(): void {
    const session = this.#session;
    if (this.#view.state !== 'online' || this.#takesBack) return;
    if (session === null) this.#takeBack();
    // Its call has ended while the line was away.
    else if (!this.#hasCall && isCutOff(session)) this.#letGo(session);
    else if (this.#wayIsStale || isCutOff(session)) void this.#restart(session);
  }

  async #restart(session: Session): Promise<void> {
    if (session.state !== SessionState.Established || this.#restarts === session) return;
    this.#restarts = session;
    this.#wayIsStale = false;
    const number = this.#view.call?.number ?? '';
    if (isCutOff(session)) this.#show({ call: { state: 'returning', number } });
    const flows = await restartIce(session);
    this.#restarts = null;
    if (this.#stopped || session !== this.#session) return;
    if (!flows) return this.#takeBack();
    this.#show({ call: { state: 'up', number } });
    // The network became another once more meanwhile.
    if (this.#wayIsStale) this.#recover();
  }

  /** Takes the place of the leg whose sound is gone: of this page, or of the one before a reload. */
  #takeBack(): void {
    const kept = keptDialog();
    const manager = this.#manager;
    if (kept === null || manager === null || !this.#hasCall) return;
    this.#takesBack = true;
    this.#show({ call: { state: 'returning', number: kept.number } });
    const replaces = `Replaces: ${kept.sipCallId};to-tag=${kept.theirTag};from-tag=${kept.ourTag}`;
    const given = { extraHeaders: [replaces, 'Require: replaces'], sessionDescriptionHandlerOptions: { constraints: constraintsOf(this.#devices) } };
    const lost = () => {
      this.#takesBack = false;
      keepDialog(null);
      this.#over();
    };
    manager
      .call(`sip:${this.#address}`, given, { requestDelegate: { onReject: lost } })
      .then((session) => this.#follow(session, { state: 'returning', number: kept.number }))
      .catch((error: unknown) => {
        this.#takesBack = false;
        this.#show({ call: null, trouble: error instanceof DOMException ? troubleOf(error) : null });
      });
  }

  /** Nobody is at the other end any more. */
  #letGo(session: Session): void {
    void session.bye().catch(() => session.dispose());
    keepDialog(null);
    this.#over();
  }

  #follow(session: Session, call: PhoneCall): void {
    this.#session = session;
    this.#show({ call, quality: null });
    const changed = (state: SessionState): void => {
      if (session !== this.#session) return;
      if (state === SessionState.Established || state === SessionState.Terminated) this.#takesBack = false;
      if (state === SessionState.Established) this.#up(session, call.number);
      if (state === SessionState.Terminated) {
        keepDialog(null);
        this.#over();
      }
    };
    session.stateChange.addListener(changed);
    changed(session.state);
  }

  #up(session: Session, number: string): void {
    const { dialog } = session;
    if (dialog !== undefined) keepDialog({ sipCallId: dialog.callId, theirTag: dialog.remoteTag, ourTag: dialog.localTag, number });
    this.#show({ call: { state: 'up', number } });
    const connection = connectionOf(session);
    connection?.addEventListener('connectionstatechange', () => {
      if (session === this.#session && (connection.connectionState === 'failed' || connection.connectionState === 'disconnected')) this.wake(false);
    });
    this.#measure(session, null);
  }

  #measure(session: Session, before: Heard | null): void {
    this.#cancelMeasure();
    this.#cancelMeasure = browserClock.after(MEASURE_EVERY_MS, async () => {
      const report = await connectionOf(session)?.getStats();
      if (report === undefined || session !== this.#session) return;
      const after = heardIn([...report.values()] as Record<string, unknown>[]);
      if (before !== null && after !== null) this.#show({ quality: qualityOf(before, after) });
      this.#measure(session, after ?? before);
    });
  }

  #over(): void {
    this.#session = null;
    this.#wayIsStale = false;
    this.#cancelMeasure();
    this.#ringer.stop();
    this.#show({ call: null, quality: null });
  }

  async #changeMicrophone(): Promise<void> {
    const sender = this.#session === null ? undefined : connectionOf(this.#session)?.getSenders()[0];
    if (sender === undefined) return;
    try {
      const [track] = (await navigator.mediaDevices.getUserMedia(constraintsOf(this.#devices))).getAudioTracks();
      const old = sender.track;
      await sender.replaceTrack(track ?? null);
      old?.stop();
    } catch (error) {
      this.#show({ trouble: troubleOf(error) });
    }
  }

  #show(change: Partial<PhoneView> & { trouble?: PhoneTrouble | null }): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const numberOf = (session: Session): string => session.remoteIdentity.uri.user ?? '';

/** As our server writes it for phones that are set so; nobody else's words reach a phone. */
function answersItself({ request }: Invitation): boolean {
  return /answer-after\s*=\s*0/i.test(request.getHeader('Call-Info') ?? '') || /alert-autoanswer/i.test(request.getHeader('Alert-Info') ?? '');
}
