/** What leads where in a dialplan, read from its files as they are while somebody writes them. Pure. */
import { isMap, LineCounter, parseDocument } from 'yaml';

export interface FlowNode {
  /** `flow:main`, `queue:service`, `number:10086`, `outside:…` */
  id: string;
  kind: 'number' | 'flow' | 'missing' | 'queue' | 'outside';
  label: string;
  /** The verbs of a flow, each once, in order. */
  verbs: string[];
  /** Where it is written; null = nowhere here. */
  at: { file: string; line: number } | null;
}
export interface FlowEdge {
  from: string;
  to: string;
  /** Keys and outcomes that lead there. */
  label: string;
}
export interface FlowGraph {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

type Files = Readonly<Record<string, string>>;
type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Outcomes of a verb, behind each of which a target stands. */
const OUTCOMES = ['otherwise', 'unhappy', 'refused', 'locked', 'open', 'closed', 'timeout', 'full', 'noAgents', 'dissuaded', 'emergency', 'then', 'else'];
/** Maps whose values are targets: keys that are pressed, exits of an overflow. */
const TABLES = ['keys', 'overflow'];
const MOST_FLOWS = 2_000;
/** A picture of one flow is not deeper than this. */
const DEEPEST = 40;

interface Reader {
  from: string;
  verbs: Set<string>;
  edges: Map<string, Set<string>>;
  outside: Map<string, FlowNode>;
}

export function flowGraph(files: Files): FlowGraph {
  const nodes = new Map<string, FlowNode>();
  const edges: FlowEdge[] = [];
  const read: { flow: string; reader: Reader }[] = [];
  for (const [file, text] of Object.entries(files)) {
    const { json, lineOf } = parsed(text);
    const flows = isJson(json.flows) ? json.flows : {};
    for (const [flow, steps] of Object.entries(flows).slice(0, MOST_FLOWS)) {
      const reader: Reader = { from: `flow:${flow}`, verbs: new Set(), edges: new Map(), outside: new Map() };
      readSteps(steps, '', reader, 0);
      nodes.set(reader.from, { id: reader.from, kind: 'flow', label: flow, verbs: [...reader.verbs], at: { file, line: lineOf(flow) } });
      read.push({ flow, reader });
    }
    for (const [number, flow] of Object.entries(isJson(json.numbers) ? json.numbers : {})) {
      nodes.set(`number:${number}`, { id: `number:${number}`, kind: 'number', label: number, verbs: [], at: null });
      edges.push({ from: `number:${number}`, to: `flow:${String(flow)}`, label: '' });
    }
  }
  for (const { reader } of read) {
    for (const [id, node] of reader.outside) if (!nodes.has(id)) nodes.set(id, node);
    for (const [to, labels] of reader.edges) edges.push({ from: reader.from, to, label: [...labels].filter(Boolean).join(' · ') });
  }
  for (const { to } of edges) if (!nodes.has(to)) nodes.set(to, { id: to, kind: 'missing', label: to.slice(to.indexOf(':') + 1), verbs: [], at: null });
  return { nodes: [...nodes.values()], edges };
}

/** As far as it can be read. */
function parsed(text: string): { json: Json; lineOf(flow: string): number } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  let json: unknown = null;
  try {
    json = document.toJS({ maxAliasCount: 10 });
  } catch {
    // An alias without its anchor: it is still being written.
  }
  const flows = isMap(document.contents) ? document.contents.get('flows', true) : null;
  const lineOf = (flow: string): number => {
    const pair = isMap(flows) ? flows.items.find(({ key }) => String(key) === flow) : undefined;
    const key: unknown = pair?.key;
    const at = typeof key === 'object' && key !== null && 'range' in key && Array.isArray(key.range) ? Number(key.range[0]) : 0;
    return lines.linePos(at).line;
  };
  return { json: isJson(json) ? json : {}, lineOf };
}

function lead(reader: Reader, to: string, label: string): void {
  const known = reader.edges.get(to) ?? new Set();
  known.add(label);
  reader.edges.set(to, known);
}

/** The name of a flow, or steps in place. */
function readTarget(target: unknown, label: string, reader: Reader, depth: number): void {
  if (typeof target === 'string') lead(reader, `flow:${target}`, label);
  else readSteps(target, label, reader, depth);
}

function readSteps(steps: unknown, label: string, reader: Reader, depth: number): void {
  if (!Array.isArray(steps) || depth > DEEPEST) return;
  for (const step of steps) {
    if (typeof step === 'string') reader.verbs.add(step);
    else if (isJson(step)) for (const [verb, of] of Object.entries(step)) readVerb(verb, of, step, label, reader, depth + 1);
  }
}

function readVerb(verb: string, of: unknown, step: Json, label: string, reader: Reader, depth: number): void {
  if (verb === 'name') return;
  // `when` keeps its ways beside it.
  if (OUTCOMES.includes(verb)) {
    readTarget(of, label === '' ? verb : label, reader, depth);
    return;
  }
  reader.verbs.add(verb);
  if (verb === 'goto' && typeof of === 'string') lead(reader, `flow:${of}`, label);
  if (verb === 'queue' || verb === 'callback') {
    const name = typeof of === 'string' ? of : isJson(of) ? String(of.name ?? of.queue ?? '') : '';
    if (name !== '') leave(reader, { id: `queue:${name}`, kind: 'queue', label: name, verbs: [], at: null }, verb === 'callback' ? verb : label);
  }
  if (verb === 'transfer' && isJson(of)) {
    const to = String(of.number ?? of.agent ?? '');
    leave(reader, { id: `outside:${to}`, kind: 'outside', label: to, verbs: [], at: null }, label);
  }
  if (!isJson(of) || step.set === of) return;
  for (const [name, value] of Object.entries(of)) {
    if (OUTCOMES.includes(name)) readTarget(value, name, reader, depth);
    else if (TABLES.includes(name) && isJson(value)) for (const [key, target] of Object.entries(value)) readTarget(target, key, reader, depth);
  }
}

function leave(reader: Reader, node: FlowNode, label: string): void {
  reader.outside.set(node.id, node);
  lead(reader, node.id, label);
}

/** Those it speaks, in each of which its prompts must be. */
export function languagesOf(files: Files): string[] {
  const said = Object.values(files).map((text) => parsed(text).json);
  const named = said.flatMap(({ languages }) => (Array.isArray(languages) ? languages.map(String) : []));
  const first = said.flatMap(({ language }) => (typeof language === 'string' ? [language] : []));
  return named.length > 0 ? [...new Set(named)] : [first[0] ?? 'zh'];
}

/** Keys behind which prompts stand, in steps and in what they say. */
const SPOKEN = ['play', 'say', 'announce-recording', 'prompt', 'errorPrompt', 'silencePrompt', 'wrongPrompt', 'fallback'];

/** Every recorded prompt that a dialplan names, and where: `file:flow`. */
export function promptsNamed(files: Files): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  const add = (prompt: string, where: string): void => {
    named.set(prompt, (named.get(prompt) ?? new Set()).add(where));
  };
  const speak = (value: unknown, where: string): void => {
    if (typeof value === 'string') add(value, where);
    else if (Array.isArray(value)) for (const part of value) speak(part, where);
    else if (isJson(value)) look(value, where);
  };
  const look = (value: unknown, where: string): void => {
    if (Array.isArray(value)) for (const each of value) look(each, where);
    else if (isJson(value))
      for (const [name, of] of Object.entries(value)) {
        if (SPOKEN.includes(name)) speak(of, where);
        else look(of, where);
      }
  };
  for (const [file, text] of Object.entries(files)) {
    const { flows } = parsed(text).json;
    for (const [flow, steps] of Object.entries(isJson(flows) ? flows : {})) look(steps, `${file}: ${flow}`);
  }
  return named;
}
