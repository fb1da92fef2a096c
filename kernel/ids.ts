/**
 * Ids that cannot be swapped: a brand on a string, so that a LegId never lands where a CallId is asked for.
 * The only place of the house that rolls dice.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

declare const brand: unique symbol;
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Branded<'TenantId'>;
export type CallId = Branded<'CallId'>;
/** `<callId>.<n>`: deterministic, so that pure rooms can name a leg without dice. n = 0 is the leg the call began with. */
export type LegId = Branded<'LegId'>;
/** `<callId>.o<n>` */
export type OfferId = Branded<'OfferId'>;
/** `<tenant>:<number>`, for example `demo:8001` */
export type AgentId = Branded<'AgentId'>;
/** `<tenant>:<name>`, for example `demo:service` */
export type QueueId = Branded<'QueueId'>;
export type CustomerId = Branded<'CustomerId'>;
export type UserId = Branded<'UserId'>;
/** One published version of one tenant's dialplan: `<tenant>@<hash>` */
export type DialplanVersion = Branded<'DialplanVersion'>;

export const asId = <Id extends Branded<string>>(text: string): Id => text as Id;

export const legIdOf = (callId: CallId, n: number): LegId => `${callId}.${n}` as LegId;
export const offerIdOf = (callId: CallId, n: number): OfferId => `${callId}.o${n}` as OfferId;
export const agentIdOf = (tenantId: TenantId, number: string): AgentId => `${tenantId}:${number}` as AgentId;
export const queueIdOf = (tenantId: TenantId, name: string): QueueId => `${tenantId}:${name}` as QueueId;

/** Sorts by time of making: 48 bits of milliseconds, then 80 random bits, in hex. Shape `c-<32 hex>`. */
export function newCallId(nowMs: number): CallId {
  return `c-${Math.floor(nowMs).toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}` as CallId;
}
/** Random text for tags, branches, nonces, tokens: `bytes` of entropy in hex. */
export const randomToken = (bytes = 16): string => randomBytes(bytes).toString('hex');
export const newUuid = (): string => randomUUID();
/** Uniform integer in [0, below). */
export const randomBelow = (below: number): number => randomInt(below);
