/** One trunk at work: its addresses, its registrations, how many calls it carries and how fast new ones may come. */
import type { Logger } from '../../../kernel/log.ts';
import { parseSource, parseSourceName, sourceAt, type TrustedSource } from '../../tenants/source.ts';
import type { TrunkConfiguration, TrunkSecret } from '../../tenants/trunk.ts';
import type { SipResponse } from '../srf.ts';
import { type AddressHouse, TrunkAddress } from './address.ts';
import type { Login } from './challenge.ts';
import { peersOf } from './names.ts';
import { Registration, type RegistrationState } from './registration.ts';

const LOOK_UP_EACH_MS = 60_000;

export interface LineHouse extends Omit<AddressHouse, 'onTurn'> {
  log: Logger;
  /** Whose calls are a trunk's has changed. */
  onSources: () => void;
}

/** Outlives a change of the trunk's configuration: calls go on over what it was. */
export interface TrunkLoad {
  /** In and out, now. */
  calls: number;
  /** Attempts of ours that it carried to an answer of the called, and that failed at it; since the start. */
  carried: number;
  failed: number;
}

export class TrunkLine {
  readonly configuration: TrunkConfiguration;
  /** As they are now: of names, whom DNS said last. */
  sources: readonly TrustedSource[];
  readonly addresses: readonly TrunkAddress[];
  readonly #registrations = new Map<TrunkAddress, Registration>();
  readonly #house: LineHouse;
  readonly login: Login | null;
  readonly #fixed: readonly string[];
  readonly #named: readonly { host: string; port: number | null }[];
  readonly #known = new Map<string, readonly string[]>();
  #stopLooking: () => void = () => undefined;
  readonly load: TrunkLoad;
  #tokens: number;
  #filledAt: number;

  constructor(house: LineHouse, configuration: TrunkConfiguration, secret: TrunkSecret | null, load: TrunkLoad) {
    const { trunkId, credentials, inbound, addresses, pingSeconds, callsPerSecond } = configuration;
    this.#house = house;
    this.configuration = configuration;
    this.load = load;
    this.#fixed = inbound.filter((text) => parseSourceName(text) === null);
    this.#named = inbound.flatMap((text) => parseSourceName(text) ?? []);
    this.sources = this.#fixed.map(parseSource);
    this.login = credentials === null || secret === null ? null : { ...credentials, secret };
    const addressHouse: AddressHouse = {
      ...{ clock: house.clock, publicAddress: house.publicAddress, names: house.names },
      get sip() {
        return house.sip;
      },
      get reachable() {
        return house.reachable;
      },
      onTurn: ({ uri, health }) => {
        if (health.at === 'out') house.log.warn({ trunk: trunkId, address: uri, why: health.why }, 'a trunk address is out of rotation');
        else house.log.info({ trunk: trunkId, address: uri }, 'a trunk address is back in rotation');
      },
    };
    this.addresses = addresses.map((address) => new TrunkAddress(addressHouse, address, pingSeconds));
    this.#tokens = callsPerSecond ?? 0;
    this.#filledAt = house.clock.now();
  }

  start(): void {
    for (const address of this.addresses) address.start();
    if (this.#named.length > 0) {
      void this.#lookUp();
      this.#stopLooking = this.#house.clock.every(LOOK_UP_EACH_MS, () => void this.#lookUp());
    }
    const { registration, trunkId } = this.configuration;
    const { login } = this;
    if (registration === null || login === null) return;
    for (const address of this.addresses) {
      const onChange = (state: RegistrationState): void => {
        if (state.is === 'refused') this.#house.log.warn({ trunk: trunkId, address: address.uri, status: state.status }, 'a trunk does not register us');
        else this.#house.log.info({ trunk: trunkId, address: address.uri }, 'registered at a trunk');
      };
      const one = new Registration({ house: this.#house, address, ...registration, login, onChange });
      this.#registrations.set(address, one);
      one.start();
    }
  }

  stop(): void {
    this.#stopLooking();
    for (const address of this.addresses) address.stop();
    for (const registration of this.#registrations.values()) registration.close();
  }

  /** As the SIP server is told them: `address[/prefix][:port]`. */
  get sourceTexts(): readonly string[] {
    return this.sources.map(({ name }) => name);
  }

  /** A name that DNS does not answer for keeps whom it stood for (J3). A call may come from any port of theirs, unless one was written. */
  async #lookUp(): Promise<void> {
    for (const { host, port } of this.#named) {
      const peers = await peersOf(this.#house.names, host, port, null).catch(() => []);
      const texts = peers.map(({ address }) => `${address.includes(':') ? `[${address}]` : address}${port === null ? '' : `:${port}`}`);
      if (texts.length > 0) this.#known.set(host, [...new Set(texts)]);
    }
    const texts = [...this.#fixed, ...[...this.#known.values()].flat()];
    if (texts.join() === this.sourceTexts.join()) return;
    this.sources = texts.map(parseSource);
    this.#house.onSources();
  }

  registration(address: TrunkAddress): RegistrationState | null {
    return this.#registrations.get(address)?.state ?? null;
  }

  /** A carrier that must know us takes nothing from whom it does not know. */
  inRotation(address: TrunkAddress): boolean {
    const registration = this.registration(address);
    return address.inRotation && (registration === null || registration.is === 'registered');
  }

  /** Did this come from the trunk: from one of its addresses, or, over a transport that it speaks, from where its calls to us come? (D5) */
  isFrom(from: Pick<SipResponse, 'source_address' | 'source_port' | 'protocol'>): boolean {
    if (this.addresses.some((address) => address.answered(from))) return true;
    const speaks = this.addresses.length === 0 || this.addresses.some((address) => address.speaks(from.protocol.toLowerCase()));
    return speaks && sourceAt(this.sources, from.source_address, from.source_port) !== null;
  }

  get full(): boolean {
    const { maxCalls } = this.configuration;
    return maxCalls !== null && this.load.calls >= maxCalls;
  }

  /** Takes one of this second's calls; false when there is none left. */
  takeTurn(now: number): boolean {
    const { callsPerSecond } = this.configuration;
    if (callsPerSecond === null) return true;
    this.#tokens = Math.min(callsPerSecond, this.#tokens + ((now - this.#filledAt) * callsPerSecond) / 1_000);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
