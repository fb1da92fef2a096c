/** What compiling needs and fills, from the first file to the last step. */
import type { DialplanVersion, TenantId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';
import { type Fault, faultAt, nearest, type Place } from './fault.ts';
import type { NodeId, PlanNode } from './plan.ts';
import type { Dialplan } from './read.ts';

export interface DialplanSource {
  tenantId: TenantId;
  version: DialplanVersion;
  files: { path: string; text: string }[];
  prompts: Record<Language, string[]>;
  /** Music there is, by name. */
  music: string[];
  /** Queue and agent names and dialled numbers of the tenant; null = not known, so not checked. */
  queues: string[] | null;
  agents: string[] | null;
  numbers: string[] | null;
  /** Numbers that are off, or enter flows by their own settings; absent = none. */
  entered?: readonly EnteredNumber[];
  /** Forms that secrets may be handed to. */
  forms: string[] | null;
}

/** A number with settings of its own (tenants/numbers.ts). */
export interface EnteredNumber {
  number: string;
  /** Flows it enters, now or at another time of day. */
  flows: readonly string[];
  /** Whether the dialplan must name it still. */
  named: boolean;
}

export interface Work {
  source: DialplanSource;
  dialplan: Dialplan;
  faults: Fault[];
  nodes: Record<NodeId, PlanNode>;
  places: Map<NodeId, Place>;
  prompts: Record<Language, ReadonlySet<string>>;
  /** What may follow an outcome: a flow's name, or steps written in place, after which the flow goes on as after this step. */
  target(step: StepWork, name: string, target: unknown, absent: NodeId | null): NodeId | null;
}

/** One step under way. */
export interface StepWork {
  work: Work;
  flow: string;
  id: NodeId;
  /** Of the verb's arguments. */
  place: Place;
  /** Where the flow goes on after this step. */
  next: NodeId | null;
}

/** A node without its place in a flow. */
export type Body = { [V in PlanNode['verb']]: Omit<Extract<PlanNode, { verb: V }>, 'flow' | 'step' | 'noted'> }[PlanNode['verb']];

/** First node of a flow; a flow that is not there is told at `place`. */
export function flowStart(work: Work, name: string, place: Place): NodeId {
  const known = [...work.dialplan.flows.keys()];
  if (!known.includes(name)) work.faults.push(faultAt(place, `there is no flow "${name}"${nearest(name, known)}: write it under "flows:" or name another`));
  return `${name}/0`;
}
