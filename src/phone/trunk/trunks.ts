/** The trunks at work: kept in step with the directory, asked for ways out, asked whose call it is that comes in. */

import type { LegId, TenantId } from '../../../kernel/ids.ts';
import { randomBelow } from '../../../kernel/ids.ts';
import type { Dialling } from '../../customers/normalise.ts';
import type { Directory } from '../../tenants/directory.ts';
import { parseSource, parseSourceName, sourceAt, type TrustedSource } from '../../tenants/source.ts';
import { fitsAny, type TrunkConfiguration, type TrunkId } from '../../tenants/trunk.ts';
import type { Destination } from '../../toll/policy.ts';
import type { TrunkAddress } from './address.ts';
import { type Candidate, inOrder } from './choose.ts';
import type { Health } from './health.ts';
import { type LineHouse, TrunkLine, type TrunkLoad } from './line.ts';
import type { RegistrationState } from './registration.ts';

/** One way a call may go out. */
export interface Route extends Candidate {
  line: TrunkLine;
  address: TrunkAddress;
  /** A call for help says nothing there of where it comes from: it was refused with it. */
  unlocated?: true;
}

/** Whose a call from a trusted socket address is. */
export type Trusted = { name: string; line: TrunkLine | null };

export interface TrunkStatus {
  trunkId: TrunkId;
  configuration: TrunkConfiguration;
  calls: number;
  carried: number;
  failed: number;
  addresses: { uri: string; inRotation: boolean; health: Health; registration: RegistrationState | null }[];
}

interface LineSource extends TrustedSource {
  line: TrunkLine | null;
}

const DICE = 1_000_000;

export class Trunks {
  readonly #house: LineHouse;
  readonly #directory: Pick<Directory, 'trunks' | 'trunkSecret'>;
  readonly #nameless: readonly LineSource[];
  readonly #loads = new Map<TrunkId, TrunkLoad>();
  readonly #carrying = new Map<LegId, { trunkId: TrunkId; load: TrunkLoad }>();
  #lines = new Map<TrunkId, { line: TrunkLine; text: string }>();
  #sources: readonly LineSource[] = [];
  #started = false;
  /** Told when whose calls are believed may have changed. */
  onSources: () => void = () => undefined;

  /** `trusted`: address lists without a trunk (TRUSTED_TRUNKS). Throws on one it cannot read. */
  constructor(house: Omit<LineHouse, 'onSources'>, directory: Pick<Directory, 'trunks' | 'trunkSecret'>, trusted: readonly string[]) {
    // Not spread: which agent of the SIP server it is changes.
    this.#house = Object.create(house, { onSources: { value: () => this.#sourcesChanged() } }) as LineHouse;
    this.#directory = directory;
    this.#nameless = trusted.map((text) => ({ ...parseSource(text), line: null }));
    this.#sources = this.#nameless;
  }

  start(): void {
    this.#started = true;
    this.refresh();
  }

  /** No pings any more, and registrations are taken back; true = something was sent that must still leave. */
  farewell(): boolean {
    const told = this.status().some(({ addresses }) => addresses.some(({ registration }) => registration?.is === 'registered'));
    this.#started = false;
    for (const { line } of this.#lines.values()) line.stop();
    this.#lines.clear();
    return told;
  }

  /** The directory may have changed: trunks that did are begun anew, the others are left in peace. */
  refresh(): void {
    if (!this.#started) return;
    const lines = new Map<TrunkId, { line: TrunkLine; text: string }>();
    for (const configuration of this.#directory.trunks().filter(({ enabled }) => enabled)) {
      const { trunkId } = configuration;
      const secret = this.#directory.trunkSecret(trunkId);
      const text = JSON.stringify([configuration, secret]);
      const before = this.#lines.get(trunkId);
      if (before?.text === text) lines.set(trunkId, before);
      else {
        before?.line.stop();
        const line = new TrunkLine(this.#house, configuration, secret, this.#loadOf(trunkId));
        lines.set(trunkId, { line, text });
        line.start();
      }
    }
    for (const [trunkId, { line }] of this.#lines) if (!lines.has(trunkId)) line.stop();
    this.#lines = lines;
    this.#sourcesChanged();
  }

  #sourcesChanged(): void {
    this.#sources = [...[...this.#lines.values()].flatMap(({ line }) => line.sources.map((source) => ({ ...source, line }))), ...this.#nameless];
    this.onSources();
  }

  /** Whose calls are believed because they are a trunk's, as the SIP server is told. */
  sourceTexts(): string[] {
    // Before the start they are known as they are written, so that a first call finds its trunk believed.
    if (!this.#started)
      return this.#directory.trunks().flatMap(({ enabled, inbound }) => (enabled ? inbound.filter((text) => parseSourceName(text) === null) : []));
    return [...this.#lines.values()].flatMap(({ line }) => line.sourceTexts);
  }

  /** Those that are switched on. */
  lines(): TrunkLine[] {
    return [...this.#lines.values()].map(({ line }) => line);
  }

  /** By the socket address alone. Named trunks go before nameless lists. */
  at(address: string, port: number): Trusted | null {
    const source = sourceAt(this.#sources, address, port);
    return source === null ? null : { name: source.line?.configuration.name ?? source.name, line: source.line };
  }

  /** Ways out for this number, the best first; none = no trunk of this tenant takes it. */
  routes(tenantId: TenantId, { kind, number }: Destination): Route[] {
    const fitting = [...this.#lines.values()].filter(({ line: { configuration } }) => {
      const mine = configuration.tenantId === tenantId || configuration.shared;
      return mine && (kind === 'emergency' || fitsAny(configuration.called, number));
    });
    const candidates = fitting.flatMap(({ line }) => line.addresses.map((address) => candidateOf(line, address)));
    return inOrder(candidates, () => randomBelow(DICE) / DICE, kind === 'emergency');
  }

  /** To which local numbers of this tenant belong; of its first trunk that says one. */
  dialling(tenantId: TenantId): Dialling {
    for (const { line } of this.#lines.values()) {
      const { areaCode } = line.configuration.format;
      if (areaCode !== null && line.configuration.tenantId === tenantId) return { areaCode };
    }
    return {};
  }

  /** The leg goes over this trunk, until `free`. */
  hold(legId: LegId, line: TrunkLine): void {
    this.free(legId);
    line.load.calls += 1;
    this.#carrying.set(legId, { trunkId: line.configuration.trunkId, load: line.load });
  }

  /** It went over this trunk in a run of ours before this one. */
  holdAgain(legId: LegId, trunkId: TrunkId): void {
    const load = this.#loadOf(trunkId);
    load.calls += 1;
    this.#carrying.set(legId, { trunkId, load });
  }

  trunkOf(legId: LegId): TrunkId | null {
    return this.#carrying.get(legId)?.trunkId ?? null;
  }

  free(legId: LegId): void {
    const carrying = this.#carrying.get(legId);
    if (carrying === undefined) return;
    carrying.load.calls -= 1;
    this.#carrying.delete(legId);
  }

  /** The trunk that the leg goes over, as it is configured now; null = none, or none any more. */
  lineOf(legId: LegId): TrunkLine | null {
    const carrying = this.#carrying.get(legId);
    return carrying === undefined ? null : (this.#lines.get(carrying.trunkId)?.line ?? null);
  }

  /** Over this trunk now, also when it was switched off meanwhile. */
  calls(trunkId: TrunkId): number {
    return this.#loads.get(trunkId)?.calls ?? 0;
  }

  /** Those that are switched on. */
  status(): TrunkStatus[] {
    return [...this.#lines.values()].map(({ line }) => ({
      ...{ trunkId: line.configuration.trunkId, configuration: line.configuration, ...line.load },
      addresses: line.addresses.map((address) => ({
        ...{ uri: address.uri, inRotation: line.inRotation(address), health: address.health, registration: line.registration(address) },
      })),
    }));
  }

  #loadOf(trunkId: TrunkId): TrunkLoad {
    const load = this.#loads.get(trunkId) ?? { calls: 0, carried: 0, failed: 0 };
    this.#loads.set(trunkId, load);
    return load;
  }
}

function candidateOf(line: TrunkLine, address: TrunkAddress): Route {
  const { order, trunkId } = line.configuration;
  const { uri, priority, weight } = address;
  return { line, address, order, trunkId, uri, priority, weight, inRotation: line.inRotation(address) };
}
