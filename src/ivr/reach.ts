/** What can be reached in a plan, and whether there is a way out from everywhere. */
import { type Fault, faultAt, keyOf, type Place } from './fault.ts';
import { entryOf, type NodeId, type Plan, type PlanNode, surveysOf } from './plan.ts';
import type { FlowSource } from './read.ts';

/** null stands for the end of the walk. */
export function successors(node: PlanNode): (NodeId | null)[] {
  switch (node.verb) {
    case 'answer':
    case 'play':
    case 'set':
    case 'language':
    case 'pause-recording':
    case 'resume-recording':
    case 'announce-recording':
    case 'goto':
      return [node.next];
    case 'menu':
      return [...Object.values(node.keys), node.patience.failed];
    case 'collect':
    case 'reason':
    case 'ask-recording':
      return [node.next, node.patience.failed];
    case 'rate':
      return [node.next, node.unhappy, node.patience.failed];
    case 'authenticate':
      return [node.next, node.failed, node.locked];
    case 'when':
      return [node.ifTrue, node.ifFalse];
    case 'hours':
      return [node.open, node.closed];
    case 'lookup':
    case 'deliver':
    case 'callback':
      return [node.next, node.failed];
    case 'queue':
      return [...Object.values(node.exits), ...Object.values(node.keys ?? {})];
    case 'transfer':
      return [node.failed];
    case 'echo':
    case 'hangup':
      return [];
  }
}

/** Verbs that take no time: a ring of them alone would turn for ever. */
const instant: ReadonlySet<PlanNode['verb']> = new Set<PlanNode['verb']>([
  'answer',
  'set',
  'when',
  'hours',
  'language',
  'pause-recording',
  'resume-recording',
  'goto',
]);
/** Where a walk may well end: with somebody else, or in peace. */
const isExit = (node: PlanNode): boolean => node.verb === 'hangup' || node.verb === 'queue' || node.verb === 'transfer' || node.verb === 'echo';

/** `entries`: where numbers lead by settings of their own. Queues have their callers asked in any flow that rates. */
export function reachFaults(plan: Plan, places: ReadonlyMap<NodeId, Place>, flows: ReadonlyMap<string, FlowSource>, entries: readonly NodeId[] = []): Fault[] {
  const others = [...Object.keys(plan.fromDesk ?? {}), ...surveysOf(plan)].map(entryOf);
  const reached = reachedFrom(plan, [...Object.values(plan.numbers), ...others, plan.agentFlow, ...entries]);
  const lost = [...flows.values()].filter((flow) => !reached.has(`${flow.name}/0`));
  const lostNames = new Set(lost.map((flow) => flow.name));
  return [
    ...lost.map((flow) => faultAt(keyOf(flow.place), `flow "${flow.name}" can never be reached: lead a number, a key or a goto to it, or take it out`)),
    ...lostSteps(plan, places, reached, lostNames),
    ...instantRings(plan, places, reached),
    ...wayOutFaults(plan, places, reached),
  ];
}

function reachedFrom(plan: Plan, roots: (NodeId | null)[]): Set<NodeId> {
  const reached = new Set<NodeId>();
  const open = [...roots];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = id === null ? undefined : plan.nodes[id];
    if (id === null || node === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...successors(node));
  }
  return reached;
}

/** The first step of each stretch that nothing leads to, in flows that are used. */
function lostSteps(plan: Plan, places: ReadonlyMap<NodeId, Place>, reached: ReadonlySet<NodeId>, lostFlows: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  const told = new Set<NodeId>();
  for (const [id, place] of places) {
    const node = plan.nodes[id];
    if (node === undefined || reached.has(id) || lostFlows.has(node.flow) || told.has(id)) continue;
    for (const later of reachedFrom(plan, [id])) told.add(later);
    faults.push(faultAt(place, `step "${node.step}" can never be reached: what stands before it does not go on; take it out, or lead to it`));
  }
  return faults;
}

function instantRings(plan: Plan, places: ReadonlyMap<NodeId, Place>, reached: ReadonlySet<NodeId>): Fault[] {
  const state = new Map<NodeId, 'open' | 'done'>();
  const faults: Fault[] = [];
  const visit = (id: NodeId | null): void => {
    const node = id === null ? undefined : plan.nodes[id];
    if (id === null || node === undefined || !instant.has(node.verb) || state.get(id) === 'done') return;
    if (state.get(id) === 'open') {
      const place = places.get(id);
      if (place !== undefined)
        faults.push(faultAt(place, `step "${node.step}" of flow "${node.flow}" goes round for ever without waiting for anything: lead it elsewhere`));
      return;
    }
    state.set(id, 'open');
    for (const next of successors(node)) visit(next);
    state.set(id, 'done');
  };
  for (const id of reached) visit(id);
  return faults;
}

/** From every step some way must lead to an end; a loop of prompts alone keeps the caller for good. */
function wayOutFaults(plan: Plan, places: ReadonlyMap<NodeId, Place>, reached: ReadonlySet<NodeId>): Fault[] {
  const leadsOut = new Set<NodeId>();
  const agentKeyLeads = (node: PlanNode): boolean =>
    node.verb === 'menu' && plan.keys.agent !== null && plan.agentFlow !== null && leadsOut.has(plan.agentFlow);
  for (let grew = true; grew; ) {
    grew = false;
    for (const id of reached) {
      const node = plan.nodes[id];
      if (node === undefined || leadsOut.has(id)) continue;
      const out = isExit(node) || agentKeyLeads(node) || successors(node).some((next) => next === null || leadsOut.has(next));
      if (out) leadsOut.add(id);
      grew ||= out;
    }
  }
  const trapped = [...places].filter(([id]) => reached.has(id) && !leadsOut.has(id));
  const flowsTold = new Set<string>();
  return trapped.flatMap(([id, place]) => {
    const node = plan.nodes[id];
    if (node === undefined || flowsTold.has(node.flow)) return [];
    flowsTold.add(node.flow);
    return [
      faultAt(
        place,
        `from step "${node.step}" of flow "${node.flow}" no way leads to an end: the caller would go round for ever; add a hangup, a queue or a menu`,
      ),
    ];
  });
}
