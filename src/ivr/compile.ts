/** A tenant's dialplan files → a plan, or everything that is wrong with them. Pure: files and prompts are handed in as text and names. */
import { below, type Fault, faultAt, keyOf, nearest, type Place, schemaFaults } from './fault.ts';
import type { NodeId, Plan } from './plan.ts';
import { reachFaults } from './reach.ts';
import { type FlowSource, readDialplan } from './read.ts';
import { stepName, type VerbName, verbNames, whenSchema } from './schema.ts';
import { isSimpleVerb, simpleVerbs, verbCompilers } from './verbs.ts';
import { type Body, type DialplanSource, flowStart, type StepWork, type Work } from './work.ts';

export type { DialplanSource };

export type Compiled = { plan: Plan; faults: [] } | { plan: null; faults: Fault[] };

const MOST_NODES = 5000;

export function compileDialplan(source: DialplanSource): Compiled {
  const faults: Fault[] = [];
  const dialplan = readDialplan(source.files, faults);
  const prompts = { zh: new Set(source.prompts.zh), en: new Set(source.prompts.en) };
  const work: Work = { source, dialplan, faults, nodes: {}, places: new Map(), prompts, target: compileTarget };
  for (const flow of dialplan.flows.values()) compileFlow(work, flow);
  for (const fault of unknownSecrets(work)) faults.push(fault);
  const plan = planOf(work);
  if (Object.keys(plan.nodes).length > MOST_NODES)
    faults.push({ file: source.files[0]?.path ?? '', line: 1, column: 1, message: `over ${MOST_NODES} steps: make it smaller` });
  // Where steps are missing because they are faulty, what can be reached cannot be told.
  const entries = (source.entered ?? []).flatMap(({ flows }) => flows.map((flow) => `${flow}/0`));
  if (faults.length === 0) faults.push(...reachFaults(plan, work.places, dialplan.flows, entries));
  if (faults.length === 0) return { plan, faults: [] };
  return { plan: null, faults: faults.toSorted((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1)) };
}

/** What is handed on must have been collected in secret somewhere. */
function unknownSecrets({ nodes, places }: Work): Fault[] {
  const collected = Object.values(nodes).flatMap((node) => (node.verb === 'collect' && node.masked === true ? [node.into] : []));
  return Object.entries(nodes).flatMap(([id, node]) => {
    const place = places.get(id);
    if (node.verb !== 'deliver' || place === undefined) return [];
    const missing = node.secrets.filter((name) => !collected.includes(name));
    return missing.map((name) =>
      faultAt(place, `no step collects "${name}" with masked: true: add "collect: { into: ${name}, masked: true, … }", or take it out`),
    );
  });
}

function planOf(work: Work): Plan {
  const { source, dialplan } = work;
  const { keys, agentFlow } = dialplan;
  const numbers = numbersIn(work);
  for (const fault of lostEntries(work)) work.faults.push(fault);
  return {
    tenantId: source.tenantId,
    version: source.version,
    language: dialplan.language,
    languages: dialplan.languages,
    keys: {
      agent: keys.agent === undefined ? '0' : keys.agent,
      back: keys.back === undefined ? '*' : keys.back,
      repeat: keys.repeat === undefined ? '9' : keys.repeat,
      finish: keys.finish === undefined ? '#' : keys.finish,
    },
    agentFlow: agentFlow === null ? null : flowStart(work, agentFlow.name, agentFlow.place),
    numbers,
    ...(dialplan.fromDesk.size === 0 ? {} : { fromDesk: fromDesk(work) }),
    nodes: work.nodes,
    prompts: source.prompts,
  };
}

/** Dialled number → first node; those that are not the tenant's, and those of hers that enter no flow, are told. */
function numbersIn(work: Work): Plan['numbers'] {
  const { source, dialplan } = work;
  const numbers: Plan['numbers'] = {};
  for (const [number, { flow, place }] of dialplan.numbers) {
    numbers[number] = flowStart(work, flow, place);
    if (source.numbers !== null && !source.numbers.includes(number)) {
      work.faults.push(
        faultAt(
          keyOf(place),
          `number ${number} is not the tenant's: add it ("numbers" of tenant.yaml before the first start, /api/v1/numbers afterwards) or take it out here`,
        ),
      );
    }
  }
  const entered = source.entered ?? [];
  const free = new Set(entered.flatMap(({ number, named }) => (named ? [] : [number])));
  const silent = (source.numbers ?? []).filter((number) => !Object.hasOwn(numbers, number) && !free.has(number));
  if (silent.length > 0 && dialplan.numbersPlace !== null) {
    work.faults.push(
      faultAt(keyOf(dialplan.numbersPlace), `callers of ${silent.join(', ')} would be refused: these numbers of the tenant enter no flow; give each one here`),
    );
  }
  return numbers;
}

/** Flows that numbers enter by their own settings must be there. */
function lostEntries({ source: { entered = [], files }, dialplan: { flows, numbersPlace } }: Work): Fault[] {
  return entered.flatMap(({ number, flows: wanted }) =>
    wanted.flatMap((flow) => {
      if (flows.has(flow)) return [];
      const message = `number ${number} enters the flow "${flow}" by its settings, and there is none${nearest(flow, [...flows.keys()])}: keep the flow, or give the number another one first`;
      return [numbersPlace === null ? { file: files[0]?.path ?? '', line: 1, column: 1, message } : faultAt(keyOf(numbersPlace), message)];
    }),
  );
}

function fromDesk(work: Work): NonNullable<Plan['fromDesk']> {
  const flows = [...work.dialplan.fromDesk];
  for (const [flow, { place }] of flows) flowStart(work, flow, keyOf(place));
  return Object.fromEntries(flows.map(([flow, { name }]) => [flow, name]));
}

function compileFlow(work: Work, flow: FlowSource): void {
  compileSteps(work, flow.name, `${flow.name}/`, flow.place, flow.steps, null);
}

function compileSteps(work: Work, flow: string, prefix: NodeId, place: Place, steps: readonly unknown[], after: NodeId | null): NodeId | null {
  steps.forEach((step, at) => {
    const next = at + 1 < steps.length ? `${prefix}${at + 1}` : after;
    compileStep({ work, flow, id: `${prefix}${at}`, place: below(place, at), next }, step);
  });
  return steps.length === 0 ? after : `${prefix}0`;
}

function compileTarget(step: StepWork, name: string, target: unknown, absent: NodeId | null): NodeId | null {
  const { work, flow, id, next } = step;
  const place = below(step.place, name);
  if (target === undefined) return absent;
  if (typeof target === 'string') return flowStart(work, target, place);
  if (Array.isArray(target)) return compileSteps(work, flow, `${id}.${name}.`, place, target, next);
  work.faults.push(faultAt(place, `"${name}" must be the name of a flow or a list of steps`));
  return null;
}

function compileStep(step: StepWork, given: unknown): void {
  const { work } = step;
  const parts = stepParts(step, given);
  if (parts === null) return;
  const { verb, name } = parts;
  const argumentsPlace = verb === 'when' || typeof given === 'string' ? step.place : below(step.place, verb);
  const inner: StepWork = { ...step, place: argumentsPlace };
  const body = verb === 'when' ? compileWhen(inner, given) : compileVerb(inner, verb, parts.given);
  if (body === null) return;
  const noted = name !== null || notedVerbs.has(verb);
  work.nodes[step.id] = { ...body, flow: step.flow, step: name ?? labelOf(verb, body), noted };
  work.places.set(step.id, step.place);
}

/** What a caller goes through; the rest shows in the path only when it was given a name. */
const notedVerbs: ReadonlySet<VerbName> = new Set<VerbName>([
  'say',
  'menu',
  'collect',
  'rate',
  'reason',
  'ask-recording',
  'authenticate',
  'lookup',
  'deliver',
  'queue',
  'transfer',
  'echo',
]);

function labelOf(verb: VerbName, body: Body): string {
  if (body.verb === 'queue') return `queue:${body.queue}`;
  if (body.verb === 'lookup') return `lookup:${body.what}`;
  return verb;
}

interface StepParts {
  verb: VerbName;
  given: unknown;
  name: string | null;
}

/** The one verb of a step, and its name. */
function stepParts({ work, place }: StepWork, given: unknown): StepParts | null {
  const refuse = (message: string, at: Place = place): null => {
    work.faults.push(faultAt(at, message));
    return null;
  };
  if (typeof given === 'string') {
    if (isSimpleVerb(given)) return { verb: given, given: null, name: null };
    const known = verbNames.find((verb) => verb === given);
    return refuse(known === undefined ? unknownVerb(given) : `"${given}" needs arguments: write "${given}: …"; only ${simpleVerbs.join(', ')} stand alone`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuse('a step is a verb with its arguments, for example "play: welcome"');
  const keys = Object.keys(given);
  const verbs = keys.includes('when') ? ['when'] : keys.filter((key) => key !== 'name');
  const [first, second] = verbs;
  if (first === undefined) return refuse(`this step has no verb: use one of ${verbNames.join(', ')}`);
  const verb = verbNames.find((candidate) => candidate === first);
  if (verb === undefined) return refuse(unknownVerb(first), keyOf(below(place, first)));
  if (second !== undefined) return refuse(`"${second}" stands beside "${first}" in one step: begin a new step with "- ${second}"`, keyOf(below(place, second)));
  return { verb, given: (given as Record<string, unknown>)[first], name: nameOf(work, place, given) };
}

function nameOf(work: Work, place: Place, given: object): string | null {
  if (!('name' in given)) return null;
  const checked = stepName.safeParse(given.name);
  if (checked.success) return checked.data;
  work.faults.push(...schemaFaults(below(place, 'name'), 'the name of a step', checked.error, []));
  return null;
}

const unknownVerb = (word: string): string => `there is no verb "${word}"${nearest(word, verbNames)}; the verbs are ${verbNames.join(', ')}`;

function compileWhen(step: StepWork, given: unknown): Body | null {
  const checked = whenSchema.safeParse(given);
  if (!checked.success) {
    step.work.faults.push(...schemaFaults(step.place, '"when"', checked.error, Object.keys(whenSchema.shape)));
    return null;
  }
  return verbCompilers.when(step, checked.data);
}

function compileVerb(step: StepWork, verb: Exclude<VerbName, 'when'>, given: unknown): Body | null {
  return verbCompilers.checked(step, verb, given);
}
