/**
 * A checked, compiled dialplan: what the walker walks. Plain JSON, because it travels in `dialplanPublished`.
 *
 * A plan is a graph of nodes. `next: null` is the end of the walk: the caller is released with `dialplan_end`.
 */
import type { DialplanVersion, TenantId } from '../../kernel/ids.ts';
import type { ToneName } from '../call/command.ts';
import type { Language } from '../call/event.ts';

/** `flow/0`, and inside a step `flow/0.then.1`. */
export type NodeId = string;
/** The first of a flow. */
export const entryOf = (flow: string): NodeId => `${flow}/0`;
/** A CEL expression; `ivr/expression.ts` says which names it may use. */
export type Cel = string;

/**
 * One thing to be said. `list`: the pairs `<name>.<n>.label` (a prompt) and `<name>.<n>.fen` (money) among the looked-up values.
 * `text`: spoken by a machine; there in each language the dialplan speaks.
 */
export type Part =
  | { prompt: string }
  | { tone: ToneName; ms?: number }
  | { number: Cel }
  | { digits: Cel }
  | { money: Cel }
  | { date: Cel }
  | { phone: Cel }
  | { list: string }
  | { text: Partial<Record<Language, Template>>; fallback: string | null };

/** What may be looked up; `actions/` carries it out. */
export const lookupNames = ['balance', 'usage', 'bill', 'plans', 'tickets'] as const;
export type LookupName = (typeof lookupNames)[number];

/** Text with `${CEL}` in it, cut up: odd elements are expressions. */
export type Template = string[];

/** How often the caller may err or be silent before the flow goes on at `failed`. */
export interface Patience {
  errors: number;
  silences: number;
  /** Said before asking again; null = nothing. */
  errorPrompt: string | null;
  silencePrompt: string | null;
  failed: NodeId | null;
}

export interface Pace {
  firstKeyMs: number;
  betweenKeysMs: number;
}

export interface NodePlace {
  flow: string;
  /** As it shows in the call's IVR path. */
  step: string;
  /** Whether it shows there. */
  noted: boolean;
}

/** Where a queue leads that sends the caller back. A version published before there were the last ones goes where `closed` or `full` leads. */
export type QueueExits = Record<'timeout' | 'full' | 'no_agents' | 'closed', NodeId | null> & { emergency?: NodeId | null; dissuaded?: NodeId | null };

export type PlanNode = NodePlace &
  (
    | { verb: 'answer'; next: NodeId | null }
    | { verb: 'play'; parts: Part[]; bargeIn: boolean; next: NodeId | null }
    | { verb: 'menu'; parts: Part[]; bargeIn: boolean; pace: Pace; keys: Record<string, NodeId | null>; patience: Patience }
    | {
        verb: 'collect';
        parts: Part[];
        bargeIn: boolean;
        pace: Pace;
        into: string;
        least: number;
        most: number;
        finishKey: string | null;
        patience: Patience;
        /** Nobody hears, sees or keeps the keys: `into` holds as many stars. */
        masked?: boolean;
        next: NodeId | null;
      }
    /** In a survey: 1 to 5. `unhappy`: after the last two of them; `asksWhy`: a `reason` follows there. */
    | { verb: 'rate'; parts: Part[]; bargeIn: boolean; pace: Pace; patience: Patience; unhappy: NodeId | null; asksWhy: boolean; next: NodeId | null }
    /** In a survey: key → name of the reason. */
    | { verb: 'reason'; parts: Part[]; bargeIn: boolean; pace: Pace; reasons: Record<string, string>; patience: Patience; next: NodeId | null }
    | {
        verb: 'authenticate';
        parts: Part[];
        pace: Pace;
        digits: number;
        finishKey: string | null;
        wrongPrompt: string | null;
        attempts: number;
        failed: NodeId | null;
        locked: NodeId | null;
        next: NodeId | null;
      }
    | { verb: 'set'; values: Record<string, Template>; next: NodeId | null }
    | { verb: 'when'; test: Cel; ifTrue: NodeId | null; ifFalse: NodeId | null }
    | { verb: 'hours'; offsetMinutes: number; spans: Span[]; closedOn: string[]; openOn: string[]; open: NodeId | null; closed: NodeId | null }
    | { verb: 'language'; language: Language; next: NodeId | null }
    | { verb: 'lookup'; what: string; arguments: Record<string, Template>; failed: NodeId | null; next: NodeId | null }
    | { verb: 'deliver'; to: string; secrets: string[]; failed: NodeId | null; next: NodeId | null }
    | {
        verb: 'queue';
        queue: string;
        priority: number;
        skills: { skill: string; level: number }[];
        maxWaitMs: number | null;
        wishes?: QueueWish;
        /** undefined = the queue's own */
        music?: string | null;
        /** Keys that lead out while the caller waits. */
        keys?: Record<string, NodeId | null>;
        /** Exits its overflow, or that of a queue behind it, may name. */
        overflow?: Record<string, NodeId | null>;
        exits: QueueExits;
      }
    /** Keeps the caller's place for a callback. */
    | {
        verb: 'callback';
        queue: string;
        number: Template;
        priority: number;
        skills: { skill: string; level: number }[];
        failed: NodeId | null;
        next: NodeId | null;
      }
    | { verb: 'transfer'; to: { number: string } | { agent: string }; timeoutMs: number; failed: NodeId | null }
    /** null: the usual time. */
    | { verb: 'pause-recording'; forMs: number | null; next: NodeId | null }
    | { verb: 'resume-recording'; next: NodeId | null }
    /** Heard whole. */
    | { verb: 'announce-recording'; parts: Part[]; next: NodeId | null }
    /** `patience.failed`: she has not agreed. */
    | { verb: 'ask-recording'; parts: Part[]; bargeIn: boolean; pace: Pace; agree: string; refuse: string; patience: Patience; next: NodeId | null }
    | { verb: 'goto'; next: NodeId | null }
    | { verb: 'echo' }
    | { verb: 'hangup' }
  );

/** What a call may ask of its queue beside skills; absent = nothing of it. */
export interface QueueWish {
  preferredSkills?: { skill: string; level: number }[];
  /** Its number of seconds. */
  virtualWait?: Cel;
  place?: Template;
  /** Job number; for so long it waits for her alone. */
  agent?: Template;
  agentWaitMs?: number;
  insists?: true;
}

/** Flows that queues may have their callers asked in after the talk: those with a step that rates. */
export const surveysOf = ({ nodes }: Pick<Plan, 'nodes'>): string[] => [
  ...new Set(Object.values(nodes).flatMap((node) => (node.verb === 'rate' ? [node.flow] : []))),
];

/** Days 0 = Sunday … 6; minutes from midnight, `to` not included. */
export interface Span {
  days: number[];
  fromMinute: number;
  toMinute: number;
}

export interface PlanKeys {
  agent: string | null;
  back: string | null;
  repeat: string | null;
  finish: string | null;
}

export interface Plan {
  tenantId: TenantId;
  version: DialplanVersion;
  /** Spoken until the caller or the customer's card says otherwise. */
  language: Language;
  languages: Language[];
  keys: PlanKeys;
  /** Where the agent key, and callers nothing else helps, go. */
  agentFlow: NodeId | null;
  /** Dialled number → first node. */
  numbers: Record<string, NodeId | null>;
  /** Flows that agents may send their callers to, by name; absent = none. */
  fromDesk?: Record<string, Record<Language, string>>;
  nodes: Record<NodeId, PlanNode>;
  /** Prompts there are, by language. */
  prompts: Record<Language, string[]>;
}
