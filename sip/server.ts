import { createHmac } from 'node:crypto';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { Descriptors } from '../kernel/descriptors.ts';
import { newUuid, randomBelow, randomToken } from '../kernel/ids.ts';
import { type Logger, limited } from '../kernel/log.ts';
import { WheelClock } from '../kernel/wheel.ts';
import { Agent } from './agent/agent.ts';
import { Ledger } from './agent/ledger.ts';
import { CallRecords } from './agent/records.ts';
import { hangUpConfirmed } from './agent/release.ts';
import { type Names, noCounts, type Stack } from './agent/stack.ts';
import type { SipConfig } from './config.ts';
import { cdrEvents } from './control/cdr.ts';
import type { ApplicationConnection } from './control/connection.ts';
import { Door } from './control/door.ts';
import { Lobby } from './control/lobby.ts';
import { Routes } from './control/routes.ts';
import { Seats, type SeatUser } from './control/seat.ts';
import { carryOut } from './control/verbs.ts';
import { dismissed } from './control/wire.ts';
import { BRANCH_COOKIE } from './message/via.ts';
import { newGuard } from './operation/guarding.ts';
import { LoadMeter } from './operation/load.ts';
import { Watch } from './operation/watch.ts';
import { dial } from './outbound/dial.ts';
import { Outbound } from './outbound/outbound.ts';
import { Transactions } from './transaction/transactions.ts';
import { Certificates } from './transport/certificate.ts';
import { SystemDns } from './transport/dns.ts';
import { RegisteredFlows } from './transport/flows.ts';
import type { Transport } from './transport/hop.ts';
import { Network, type NetworkOptions, type NetworkUser } from './transport/network.ts';
import { Resolver } from './transport/resolve.ts';

/** A graceful stop waits this long for applications to come back, and for the last call. */
const NO_APPLICATION_GRACE_MS = 5_000;
const DRAIN_MS = 3_600_000;
/** The last BYEs may have to be repeated. */
const LAST_WORDS_MS = 2_000;
const LOOK_MS = 100;
const SWEEP_MS = 60_000;

/** Marks that this server knows again after a restart: the key comes from the secret. */
function signer(secret: string): (text: string) => string {
  const key = createHmac('sha256', secret).update('marks of routes and branches').digest();
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}

export interface SipServer {
  /** `udp/1.2.3.4:5060,tcp/…` */
  readonly hostports: string;
  readonly adminPort: number;
  readonly adminTlsPort: number | undefined;
  /** 0: off. */
  readonly metricsPort: number;
  /** Takes no new calls and resolves when the last has ended, or nobody is left who could end it. */
  drain(): Promise<void>;
  /** Closes at once. */
  close(): void;
  /** Resolves when no application has been connected for `orphanExitSeconds`; never when that is 0. */
  readonly orphaned: Promise<void>;
}

const PROTOCOLS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

const systemNames: Names = {
  transaction: newUuid,
  tag: () => randomToken(8),
  branch: () => `${BRANCH_COOKIE}${randomToken(12)}`,
  callId: newUuid,
  seq: () => 1 + randomBelow(2 ** 24),
};

/** Opens the sockets and runs until `close` or the end of `drain`. Rejects when an address cannot be bound. */
export async function openSipServer(config: SipConfig, log: Logger, clock: Clock = systemClock): Promise<SipServer> {
  const server = new Server(config, log, clock);
  await server.open();
  return server;
}

const networkOptions = ({ publicAddress, localNets, tls, webSocket, secret }: SipConfig): NetworkOptions => ({
  publicAddress,
  localNets,
  files: tls.files,
  verifyClient: tls.verifyClient,
  verifyServer: tls.verifyServer,
  webSocket: { origins: webSocket.origins, secret },
});

class Server implements SipServer {
  readonly #config: SipConfig;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #note: (kind: string, fields: object) => void;
  readonly #descriptors: Descriptors;
  readonly #network: Network;
  readonly #waits: WheelClock;
  readonly #stack: Stack;
  readonly #agent: Agent;
  readonly #routes = new Routes();
  readonly #seats: Seats;
  readonly #lobby: Lobby;
  readonly #door: Door;
  readonly #outbound: Outbound;
  #certificates: Certificates | undefined;
  readonly #cancelSweep: () => void;
  readonly #meter: LoadMeter;
  readonly #watch: Watch;
  readonly orphaned: Promise<void>;
  #orphan: () => void = () => undefined;
  #cancelOrphan: () => void = () => undefined;
  #isDraining = false;
  #loneSince: number;
  adminPort = 0;
  adminTlsPort: number | undefined;

  constructor(config: SipConfig, log: Logger, clock: Clock) {
    this.#config = config;
    this.#log = log;
    this.#clock = clock;
    this.#note = limited(log, clock);
    this.#loneSince = clock.now();
    this.#descriptors = new Descriptors(clock);
    this.#descriptors.onChange(() => log.warn({ left: this.#descriptors.supply }, 'descriptors: connections are taken in while there are enough'));
    this.#network = new Network(this.#networkUser(), clock, this.#descriptors, networkOptions(config));
    this.#watch = new Watch(clock, this.#descriptors, config.operation);
    // One call's fault, wherever a timer or a socket calls back, harms no other call.
    this.#waits = new WheelClock(clock, (error) => this.#faulty(error));
    this.#stack = this.#newStack();
    const server = this;
    this.#agent = new Agent(this.#stack, {
      pick: (method) => {
        const app = this.#outbound.pick(method) ?? this.#routes.pick(method);
        return app === 'none' ? (this.#lobby.pick(method) ?? app) : app;
      },
      get isDraining() {
        return server.#isDraining;
      },
    });
    this.#lobby = new Lobby({ clock: this.#stack.clock, stack: this.#stack, routes: this.#routes, serverSide: () => this.#agent.serverSide });
    this.#seats = new Seats(this.#stack.clock, this.#seatUser(), config.callsKeptSeconds * 1_000);
    this.#door = new Door(
      {
        onFrame: (connection, frame) => carryOut(this.#routes, this.#agent, connection.app, frame, config.preservedHeaders),
        onOpen: (connection) => this.#onApplication(connection),
        onClosed: (connection) => this.#onApplicationGone(connection),
        hostports: (local) => this.#network.hostports(local),
        keeps: (tags) => this.#seats.keeps(tags),
      },
      config.secret,
      clock,
      this.#descriptors,
      log,
    );
    this.#outbound = new Outbound(config.handlers, {
      clock,
      log,
      stack: this.#stack,
      agent: this.#agent,
      routes: this.#routes,
      dial: (target) => dial(target, clock, { context: this.#applicationTls().contexts.client, verify: config.tls.verifyServer }),
      adopt: (socket) => this.#door.adopt(socket),
    });
    this.#cancelSweep = clock.every(SWEEP_MS, () => this.#sweep());
    this.#meter = new LoadMeter(
      clock,
      () => ({ pending: this.#stack.ledger.incoming.size, backlogBytes: this.#door.shortestBacklog }),
      (ms) => this.#watch.lag(ms),
      (load) => this.#stack.guard.overload.sample(load, clock.now()),
    );
    this.orphaned = new Promise((resolve) => {
      this.#orphan = resolve;
    });
  }

  #seatUser(): SeatUser {
    return {
      unroute: (app) => this.#routes.removeAll(app),
      release: (app) => this.#agent.release(app),
      unanswered: (app) => this.#agent.serverSide.unanswered(app),
      handOver: (app) => this.#agent.handOver(app),
      supersede: (before) => before.dismiss(dismissed('', 'another connection has come with this name')),
    };
  }

  #networkUser(): NetworkUser {
    return {
      onMessage: (bytes, source) => {
        this.#watch.note('in', bytes, source, this.#stack.guard);
        this.#agent.take(bytes, source);
      },
      onBroken: (error, source) => this.#agent.takeBroken(error, source),
      onClosed: (flow) => this.#stack.transactions.flowClosed(flow),
      onError: (error) => this.#note('socket', { error: error.message }),
      onCertificate: (error) => {
        if (error === undefined) this.#log.info('the TLS certificate was renewed');
        else this.#log.error({ error: error.message }, 'the TLS files that changed cannot be used: those before stay');
      },
    };
  }

  #newStack(): Stack {
    const clock = this.#waits;
    const network = this.#network;
    const resolver = new Resolver(clock, () => network.families, new SystemDns(this.#config.dnsServers));
    const transport: Transport = {
      send: (bytes, to, onFault) => {
        this.#watch.note('out', bytes, to, this.#stack.guard);
        return network.send(bytes, to, (error) => this.#safely(() => onFault(error)));
      },
      localFor: (to) => network.localFor(to),
    };
    const transactions = new Transactions(clock, transport, resolver);
    return {
      clock,
      log: this.#log,
      names: systemNames,
      transport,
      guard: newGuard(
        this.#config,
        (address, port) => PROTOCOLS.some((protocol) => network.isMine(protocol, address, port)),
        (request) => transactions.isOurs(request),
        (cause, address) => this.#note('source blocked', { cause, address }),
      ),
      transactions,
      ledger: new Ledger(),
      records: new CallRecords(cdrEvents(this.#routes, clock)),
      flows: new RegisteredFlows(clock, (flow) => network.isOpen(flow)),
      resolve: (uri) => resolver.resolve(uri),
      isOpen: (flow) => network.isOpen(flow),
      isMine: (hop) => network.isMine(hop.protocol, hop.address, hop.port),
      alias: (flow, host, port) => network.alias(flow, host, port),
      domains: this.#config.domains,
      outboundProxy: this.#config.outboundProxy,
      probeAgents: this.#config.probeAgents,
      sign: signer(this.#config.secret),
      counters: noCounts(),
    };
  }

  #safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#faulty(error);
    }
  }
  #faulty(error: unknown): void {
    this.#log.error({ err: error }, 'a call met a fault of ours');
  }

  async open(): Promise<void> {
    const { hosts, optionalHosts, port, tls, webSocket, adminHost, adminPort, adminTlsPort } = this.#config;
    const ports = { port, tlsPort: tls.port, wsPort: webSocket.port, wssPort: webSocket.securePort, wsSocket: webSocket.socket };
    try {
      await this.#network.open({ addresses: hosts, optional: optionalHosts, ...ports });
      this.adminPort = await this.#door.open(adminHost, adminPort);
      if (adminTlsPort !== undefined) this.adminTlsPort = await this.#door.openSecure(adminHost, adminTlsPort, this.#applicationTls());
      await this.#watch.open(this.#stack, { applications: () => this.#door.connected, backlogBytes: () => this.#door.shortestBacklog });
    } catch (error) {
      this.close();
      throw error;
    }
    this.#armOrphan();
  }

  /** For the admin port and for applications that are dialled; most servers need none. */
  #applicationTls(): Certificates {
    this.#certificates ??= new Certificates(this.#config.tls.files);
    return this.#certificates;
  }

  get metricsPort(): number {
    return this.#watch.metricsPort;
  }
  get hostports(): string {
    return this.#network.hostports(false);
  }

  #sweep(): void {
    this.#stack.flows.sweep();
    this.#stack.guard.sweep(this.#clock.now());
    this.#agent.proxy.sweep();
    this.#door.sweep();
  }

  // ── applications ────────────────────────────────────────────────────────────────────────────────────────────────────

  #onApplication(connection: ApplicationConnection): void {
    this.#cancelOrphan();
    this.#log.info({ applications: this.#door.connected, tags: [...connection.tags] }, 'application connected');
    if (!connection.wasDialled) connection.app = this.#seats.open(connection);
  }

  #onApplicationGone(connection: ApplicationConnection): void {
    const { incoming, outgoing, legs } = connection.app.owned;
    this.#log.info({ waiting: incoming.size, dialling: outgoing.size, dialogs: legs.size, tags: [...connection.tags] }, 'application connection closed');
    this.#lobby.left(connection);
    this.#seats.closed(connection, connection.app);
    this.#loneSince = this.#clock.now();
    this.#armOrphan();
  }

  #armOrphan(): void {
    const { orphanExitSeconds } = this.#config;
    this.#cancelOrphan();
    if (orphanExitSeconds > 0 && this.#door.connected === 0) this.#cancelOrphan = this.#clock.after(orphanExitSeconds * 1_000, () => this.#orphan());
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async drain(): Promise<void> {
    this.#isDraining = true;
    const began = this.#clock.now();
    await this.#until(() => {
      const now = this.#clock.now();
      const { proxy } = this.#agent;
      if (this.#stack.ledger.calls + proxy.calls === 0) return true;
      // Calls that only run through us need no application.
      if (proxy.calls === 0 && this.#door.connected === 0 && now - Math.max(began, this.#loneSince) >= NO_APPLICATION_GRACE_MS) return true;
      return now - began >= DRAIN_MS;
    });
    for (const leg of [...this.#stack.ledger.legs]) hangUpConfirmed(this.#stack, leg, 'server stopped');
    const lastWords = this.#clock.now();
    await this.#until(() => this.#stack.transactions.openClients === 0 || this.#clock.now() - lastWords >= LAST_WORDS_MS);
    this.close();
  }

  #until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isTrue()) return resolve();
      const cancel = this.#clock.every(LOOK_MS, () => {
        if (!isTrue()) return;
        cancel();
        resolve();
      });
    });
  }

  close(): void {
    this.#cancelSweep();
    this.#meter.stop();
    this.#watch.close();
    this.#cancelOrphan();
    this.#stack.transactions.close();
    this.#door.close();
    this.#certificates?.close();
    this.#network.close();
    this.#descriptors.stop();
    this.#waits.stop();
  }
}
