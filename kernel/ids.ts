/**
 * Ids that cannot be swapped: a brand on a string, so that a LegId never lands where a CallId is asked for.
 * The only place of the house that rolls dice.
 */
import { randomBytes, randomFillSync, randomInt, randomUUID } from 'node:crypto';

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
/** `<tenant>:<name>`, for example `demo:office` */
export type CalendarId = Branded<'CalendarId'>;
export type CustomerId = Branded<'CustomerId'>;
/** `<callId of the call it was asked for in>-b`; the calls that stand for it are numbered behind that. */
export type CallbackId = Branded<'CallbackId'>;
export type UserId = Branded<'UserId'>;
/** One published version of one tenant's dialplan: `<tenant>@<hash>` */
export type DialplanVersion = Branded<'DialplanVersion'>;

export const asId = <Id extends Branded<string>>(text: string): Id => text as Id;

export const legIdOf = (callId: CallId, n: number): LegId => `${callId}.${n}` as LegId;
export const offerIdOf = (callId: CallId, n: number): OfferId => `${callId}.o${n}` as OfferId;
export const agentIdOf = (tenantId: TenantId, number: string): AgentId => `${tenantId}:${number}` as AgentId;
export const queueIdOf = (tenantId: TenantId, name: string): QueueId => `${tenantId}:${name}` as QueueId;
export const calendarIdOf = (tenantId: TenantId, name: string): CalendarId => `${tenantId}:${name}` as CalendarId;

/** Sorts by time of making: 48 bits of milliseconds, then 80 random bits, in hex. Shape `c-<32 hex>`. */
export function newCallId(nowMs: number): CallId {
  return `c-${Math.floor(nowMs).toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}` as CallId;
}
/** Dice are rolled by the pool: asking the system for each id costs more than all else about it. */
const pool = Buffer.alloc(4096);
let poolUsed = pool.length;

/** Random text for tags, branches, nonces, tokens: `bytes` of entropy in hex. Each byte of the pool is given out once. */
export function randomToken(bytes = 16): string {
  if (bytes > pool.length) return randomBytes(bytes).toString('hex');
  if (poolUsed + bytes > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  const from = poolUsed;
  poolUsed += bytes;
  return pool.toString('hex', from, poolUsed);
}
/** As bytes, for nonces that are many: what is no secret itself, and may never come twice. */
export function randomNonce(bytes: number): Buffer {
  if (poolUsed + bytes > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  poolUsed += bytes;
  return Buffer.from(pool.subarray(poolUsed - bytes, poolUsed));
}
/** Bytes for keys and nonces, straight from the system. */
export const randomKey = (bytes: number): Buffer => randomBytes(bytes);
export const newUuid = (): string => randomUUID();
/** Uniform integer in [0, below). */
export const randomBelow = (below: number): number => randomInt(below);
