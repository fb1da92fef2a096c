/**
 * The parts of a snapshot that are about one person each: what is sealed under her key, and lies there in its place as `{"$sealed":[k,"…"]}`. A part whose key is
 * gone is left out when the snapshot is read; where the rooms need something in its place, that lies beside it (`as`), without what is personal. Pure.
 *
 * Which these are is said for every section of a snapshot; what is about nobody outside the house lies open.
 */
import type { CallId, TenantId } from '../../kernel/ids.ts';
import type { AcdSnapshot } from '../acd/snapshot.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import type { HouseSnapshot } from './replay.ts';

/** Whom a part is about: a number, a call, or both. */
export interface PartOf {
  tenantId: TenantId | null;
  number: string;
  callId: CallId | null;
}

/** null = it is about nobody. */
type Owner = (part: unknown) => PartOf | null;

interface Section {
  /** From the snapshot's top. */
  path: readonly string[];
  owner: Owner;
  /** What the rooms need in the place of one whose key is gone; absent = nothing. */
  blank?: (part: unknown) => unknown;
  /** Parts lie at any depth below; an array's element and a map's entry is one if something in it is of a call. */
  deep?: true;
}

const MARK = '*';
type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

type AcdCall = AcdSnapshot['calls'][number];
type AcdCallback = NonNullable<AcdSnapshot['callbacks']>[number];

const acdCall = (part: unknown): PartOf => {
  const { tenantId, callId, from } = part as AcdCall;
  return { tenantId, callId, number: from.number };
};
const blankAcdCall = (part: unknown): AcdCall => {
  const { interaction, ...call } = part as AcdCall;
  const from = { number: call.from.number === '' ? '' : MARK };
  return { ...call, from, ...(interaction === undefined ? {} : { interaction: { ...interaction, from: interaction.from === '' ? '' : MARK, data: {} } }) };
};
const callback = (part: unknown): PartOf => {
  const { tenantId, of, number } = part as AcdCallback;
  return { tenantId, callId: of, number };
};
const blankCallback = (part: unknown): AcdCallback => ({ ...(part as AcdCallback), number: `${MARK} ${(part as AcdCallback).callbackId}`, data: {} });

/** `[tenant number …, …]` */
const keyed = (part: unknown): PartOf => {
  const [tenantId = '', number = ''] = (part as [string])[0].split(' ');
  return { tenantId: tenantId as TenantId, callId: null, number };
};

const ofCall: Owner = (part) => {
  const callId = callIdIn(part);
  return callId === null ? null : { tenantId: null, callId, number: '' };
};
const ofRecord: Owner = (part) => ('ledger' in (part as KeptRecord) ? null : ofCall(part));
const ofInteraction: Owner = (part) => {
  const { asked } = part as { asked: { interactionId: CallId; tenantId: TenantId; from: string } };
  return { tenantId: asked.tenantId, callId: asked.interactionId, number: asked.from };
};

function callIdIn(part: unknown): CallId | null {
  if (!isTree(part)) return null;
  if (typeof part.callId === 'string') return part.callId as CallId;
  // An entry of a map, or a row of two.
  return Array.isArray(part) && part.length === 2 ? callIdIn(part[1]) : null;
}

type Said<T> = { [K in keyof T]-?: 'open' | readonly Section[] };

const acd: Said<AcdSnapshot> = {
  ...{ version: 'open', toldAt: 'open', seq: 'open', lots: 'open', queues: 'open', calendars: 'open', phones: 'open', desks: 'open', agents: 'open' },
  ...{ leaving: 'open', unsaid: 'open', behind: 'open', recordingFull: 'open', intakeShut: 'open', learned: 'open', over: 'open' },
  calls: [{ path: ['acd', 'calls'], owner: acdCall, blank: blankAcdCall }],
  callbacks: [{ path: ['acd', 'callbacks'], owner: callback, blank: blankCallback }],
  served: [{ path: ['acd', 'served'], owner: keyed }],
  drops: [{ path: ['acd', 'drops'], owner: keyed }],
};
const cdr: Said<HouseSnapshot['cdr']> = {
  calls: [{ path: ['cdr', 'calls'], owner: ofCall }],
  interactions: [{ path: ['cdr', 'interactions'], owner: ofInteraction }],
  ...{ ended: 'open', serving: 'open', lastAt: 'open' },
};
const sectionsOf = <T>(said: Said<T>): readonly Section[] => Object.values<'open' | readonly Section[]>(said).flatMap((each) => (each === 'open' ? [] : each));

const house: Said<HouseSnapshot> = {
  ...{ version: 'open', ivr: 'open', toll: 'open', ledger: 'open', bindings: 'open', at: 'open', legs: 'open' },
  acd: sectionsOf(acd),
  cdr: sectionsOf(cdr),
  unwritten: [{ path: ['unwritten'], owner: ofRecord }],
  underway: [{ path: ['underway'], owner: ofCall, deep: true }],
  sounds: [{ path: ['sounds'], owner: ofCall }],
};
const sections = sectionsOf(house);

interface Sealed {
  $sealed: [number, string];
  as?: unknown;
}
const isSealed = (value: unknown): value is Sealed => isTree(value) && Array.isArray(value.$sealed);

export interface SaidPart {
  of: PartOf;
  text: string;
}

/** A snapshot as it stood when it was said: its JSON, but for its parts. */
export interface SaidSnapshot {
  parts: SaidPart[];
  /** Between each two texts stands the part of that number, sealed. */
  texts: string[];
  numbers: number[];
}

/** For who seals the parts later, one by one. `mark`: is in no snapshot. What is of somebody who was erased is left out. */
export function sayParts(snapshot: object, isErased: (of: PartOf) => boolean, mark: string): SaidSnapshot {
  const parts: SaidPart[] = [];
  const marked = changed(snapshot, (section, part) => {
    const of = section.owner(part);
    if (of === null) return section.deep ? 'deeper' : [part];
    const as = section.blank === undefined ? {} : { as: section.blank(part) };
    if (isErased(of)) return Object.values(as);
    parts.push({ of, text: JSON.stringify(part) });
    return [{ $sealed: `${mark} ${parts.length - 1}`, ...as }];
  });
  const split = JSON.stringify(marked).split(new RegExp(`"${mark} (\\d+)"`));
  return { parts, texts: split.filter((_, at) => at % 2 === 0), numbers: split.filter((_, at) => at % 2 === 1).map(Number) };
}

/** `open`: null = the key is gone. */
export function openParts(snapshot: object, open: (k: number, sealed: string, n: number) => string | null): object {
  let n = 0;
  return changed(snapshot, (section, part) => {
    if (!isSealed(part)) return section.deep ? 'deeper' : [part];
    const text = open(...part.$sealed, n);
    n += 1;
    if (text !== null) return [JSON.parse(text)];
    return part.as === undefined ? [] : [part.as];
  });
}

type Change = (section: Section, part: unknown) => unknown[] | 'deeper';

function changed(snapshot: object, change: Change): object {
  return sections.reduce<Tree>((tree, section) => changedAt(tree, section.path, section, change), snapshot as Tree);
}

function changedAt(tree: Tree, [name = '', ...rest]: readonly string[], section: Section, change: Change): Tree {
  const value = tree[name];
  if (!isTree(value)) return tree;
  const become = rest.length > 0 ? changedAt(value, rest, section, change) : changedBelow(value, section, change);
  return { ...tree, [name]: become };
}

function changedBelow(value: unknown, section: Section, change: Change): unknown {
  if (Array.isArray(value))
    return value.flatMap((part) => {
      const told = change(section, part);
      return told === 'deeper' ? [changedBelow(part, section, change)] : told;
    });
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, changedBelow(each, section, change)]));
}
