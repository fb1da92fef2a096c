/** One trunk at work: its addresses, its registrations, how many calls it carries and how fast new ones may come. */
import type { Logger } from '../../../kernel/log.ts';
import { parseSource, sourceAt, type TrustedSource } from '../../tenants/source.ts';
import type { TrunkConfiguration, TrunkSecret } from '../../tenants/trunk.ts';
import type { SipResponse } from '../srf.ts';
import { type AddressHouse, TrunkAddress } from './address.ts';
import type { Login } from './challenge.ts';
import { Registration, type RegistrationState } from './registration.ts';

export interface LineHouse extends Omit<AddressHouse, 'onTurn'> {
  log: Logger;
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
  readonly sources: readonly TrustedSource[];
  readonly addresses: readonly TrunkAddress[];
  readonly #registrations = new Map<TrunkAddress, Registration>();
  readonly #house: LineHouse;
  readonly login: Login | null;
  readonly load: TrunkLoad;
  #tokens: number;
  #filledAt: number;

  constructor(house: LineHouse, configuration: TrunkConfiguration, secret: TrunkSecret | null, load: TrunkLoad) {
    const { trunkId, credentials, inbound, addresses, pingSeconds, callsPerSecond } = configuration;
    this.#house = house;
    this.configuration = configuration;
    this.load = load;
    this.sources = inbound.map(parseSource);
    this.login = credentials === null || secret === null ? null : { ...credentials, secret };
    const addressHouse: AddressHouse = {
      ...{ clock: house.clock, publicAddress: house.publicAddress },
      get sip() {
        return house.sip;
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
    for (const address of this.addresses) address.stop();
    for (const registration of this.#registrations.values()) registration.close();
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
