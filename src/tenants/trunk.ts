/**
 * A trunk as it is configured: where calls to numbers outside go, from where calls are believed, and as whom we speak to it.
 * One schema for the tenant's file, the API and what the store gives back. No password is in here: the store keeps digests, apart.
 */
import { z } from 'zod';
import type { Branded, TenantId } from '../../kernel/ids.ts';
import { sourceFault } from './source.ts';

/** `<tenant>:<name>` */
export type TrunkId = Branded<'TrunkId'>;
const trunkIdOf = (tenantId: TenantId, name: string): TrunkId => `${tenantId}:${name}` as TrunkId;

/** `sip:host[:port][;transport=udp|tcp|tls]`, IPv6 in brackets. */
const ADDRESS = /^sips?:(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?(;transport=(udp|tcp|tls))?$/i;
/** Whole numbers, or with `*` at the end what begins so: `+86138*`, `95588`, `*`. */
const PATTERN = /^\+?[0-9]*\*?$/;
const SHOWN = /^\+?[0-9]{3,20}$/;

const MOST_ADDRESSES = 16;
const MOST_PATTERNS = 200;
/** With 4 s for an answer and a second look, a dead address is out of rotation within 30 s (fault row J4). */
const LONGEST_PING_SECONDS = 20;

const patterns = z.array(z.string().min(1).max(24).regex(PATTERN, 'digits, + before them, * at the end')).max(MOST_PATTERNS);
const shown = z.string().regex(SHOWN, 'a number that may be shown: 3 to 20 digits');

export const trunkSettings = {
  enabled: z.boolean(),
  /** Calls of every tenant may go over it; its owner alone changes it. */
  shared: z.boolean(),
  /** Of several trunks that fit, the lowest first. */
  order: z.number().int().min(0).max(1000),
  /** Lowest priority first; among equals by weight (RFC 2782). None = takes no calls of ours. */
  addresses: z
    .array(
      z.strictObject({
        uri: z.string().max(200).regex(ADDRESS, 'sip:host[:port][;transport=udp|tcp|tls]'),
        priority: z.number().int().min(0).max(65_535).default(10),
        weight: z.number().int().min(0).max(65_535).default(10),
      }),
    )
    .max(MOST_ADDRESSES),
  /** Socket addresses whose calls are this trunk's: `address[/prefix][:port]`, or a name that stands for some, `carrier.example[:port]` (SRV, A, AAAA). */
  inbound: z
    .array(
      z
        .string()
        .max(64)
        .refine((text) => sourceFault(text) === null, { error: ({ input }) => sourceFault(String(input)) ?? '' }),
    )
    .max(MOST_PATTERNS),
  /** As whom we answer its challenges; only to its own addresses and for this realm. */
  credentials: z.strictObject({ username: z.string().min(1).max(128), realm: z.string().min(1).max(128) }).nullable(),
  /** REGISTER at each address, as `sip:<username>@<domain>`; domain null = the host of the address. */
  registration: z
    .strictObject({ domain: z.string().min(1).max(128).nullable().default(null), seconds: z.number().int().min(60).max(7200).default(600) })
    .nullable(),
  /** Callers let in; none named = all. */
  callers: patterns,
  /** Numbers it takes, as they are normalised; none named = all. */
  called: patterns,
  format: z.strictObject({
    /** Area code with its 0 that local numbers belong to, in and out. */
    areaCode: z
      .string()
      .regex(/^0[1-9][0-9]{1,2}$/, 'an area code with its 0, such as 010')
      .nullable()
      .default(null),
    /** +8613800001001 · 8613800001001 · 13800001001 and 03118000000, with 00 before other countries */
    out: z.enum(['e164', 'plain', 'national']).default('national'),
    prefix: z
      .string()
      .regex(/^[0-9*#]{0,8}$/, 'digits, * and #')
      .default(''),
  }),
  /** What the called see, by purpose (`service`, `sales` …); `default` where the purpose has none. */
  displayNumbers: z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/), shown),
  /** Further numbers that are ours to show. */
  verifiedNumbers: z.array(shown).max(MOST_PATTERNS),
  /** We assert the caller's identity to it (RFC 3325): only to a peer that is trusted with it. */
  assertIdentity: z.boolean(),
  /** It tells the caller by Remote-Party-ID, the older header; read where it asserts none. */
  remotePartyId: z.boolean(),
  /**
   * How an emergency call over it says where it comes from: `pidf` = by value, as Geolocation names it (RFC 6442, 4119), `access_network` = in
   * P-Access-Network-Info (RFC 7315), `none` = not at all, for carriers that know where the line is.
   */
  locationBy: z.enum(['none', 'pidf', 'access_network']),
  /** Calls to it carry the call's data in User-to-User (RFC 7433), of so many octets at most. */
  userToUser: z.boolean(),
  userToUserOctets: z.number().int().min(1).max(1_024),
  /** OPTIONS this often; null = calls alone tell whether it is well. */
  pingSeconds: z.number().int().min(2).max(LONGEST_PING_SECONDS).nullable(),
  /** In and out together; null = no limit. */
  maxCalls: z.number().int().min(0).max(100_000).nullable(),
  /** Calls of ours to it. */
  callsPerSecond: z.number().int().min(1).max(10_000).nullable(),
};
const settings = z.strictObject(trunkSettings);
export type TrunkSettings = z.infer<typeof settings>;

export interface TrunkConfiguration extends TrunkSettings {
  trunkId: TrunkId;
  /** Whose it is. */
  tenantId: TenantId;
  name: string;
}

/** What stands where nothing is said. */
const usualTrunk: TrunkSettings = {
  ...{ enabled: true, shared: false, order: 10, addresses: [], inbound: [], credentials: null, registration: null, callers: [], called: [] },
  format: { areaCode: null, out: 'national', prefix: '' },
  ...{
    displayNumbers: {},
    verifiedNumbers: [],
    assertIdentity: false,
    remotePartyId: false,
    locationBy: 'none',
    userToUser: false,
    userToUserOctets: 128,
    pingSeconds: 10,
    maxCalls: null,
    callsPerSecond: null,
  },
};

/** What of a trunk may not stand together; the first fault, or null. */
export function trunkFault(trunk: TrunkSettings): string | null {
  if (trunk.registration !== null && trunk.credentials === null) return 'registration needs credentials: give username and realm, and a password';
  if (trunk.registration !== null && trunk.addresses.length === 0) return 'registration needs an address to register at';
  return null;
}

/** Digests of its password (RFC 7616 §3.4.2), as the store keeps them: they answer challenges of one realm and no other. */
export interface TrunkSecret {
  ha1Md5: string;
  ha1Sha256: string;
}

/** A trunk of which this is said, and the usual where nothing is. */
export const newTrunk = (tenantId: TenantId, name: string, said: object): TrunkConfiguration => ({
  ...readTrunkSettings(said),
  ...{ trunkId: trunkIdOf(tenantId, name), tenantId, name },
});

/** As the store gave it back: older rows lack what was added since. */
export const readTrunkSettings = (stored: unknown): TrunkSettings => settings.parse({ ...usualTrunk, ...(stored as object) });

export function fitsPattern(pattern: string, number: string): boolean {
  return pattern.endsWith('*') ? number.startsWith(pattern.slice(0, -1)) : number === pattern;
}

/** An empty list lets everything through. */
export const fitsAny = (patterns: readonly string[], number: string): boolean => patterns.length === 0 || patterns.some((one) => fitsPattern(one, number));

/** Numbers that are ours to show over it. */
export const numbersOf = ({ displayNumbers = {}, verifiedNumbers = [] }: Showing): string[] => [...Object.values(displayNumbers), ...verifiedNumbers];
interface Showing {
  displayNumbers?: Record<string, string> | undefined;
  verifiedNumbers?: string[] | undefined;
}
