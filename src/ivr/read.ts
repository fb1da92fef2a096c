/** YAML text → one picture of the tenant's dialplan, each part with its place, and the faults of form. */
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Language } from '../call/event.ts';
import { below, type Fault, faultAt, keyOf, type ParsedFile, type Place, schemaFaults } from './fault.ts';
import { type DialplanFile, fileSchema } from './schema.ts';

export interface FlowSource {
  name: string;
  place: Place;
  steps: unknown[];
}
export interface Dialplan {
  language: Language;
  languages: Language[];
  keys: NonNullable<DialplanFile['keys']>;
  agentFlow: { name: string; place: Place } | null;
  numbers: Map<string, { flow: string; place: Place }>;
  fromDesk: Map<string, { name: Record<Language, string>; place: Place }>;
  /** Where numbers stand; null = nowhere. */
  numbersPlace: Place | null;
  flows: Map<string, FlowSource>;
}

const MOST_BYTES = 1_000_000;

const withoutEntries = (): Pick<Dialplan, 'numbers' | 'fromDesk' | 'numbersPlace' | 'flows'> => ({
  ...{ numbers: new Map(), fromDesk: new Map(), numbersPlace: null, flows: new Map() },
});

export function readDialplan(files: readonly { path: string; text: string }[], faults: Fault[]): Dialplan {
  const dialplan: Dialplan = { language: 'zh', languages: [], keys: {}, agentFlow: null, ...withoutEntries() };
  for (const file of files) {
    const parsed = parseFile(file.path, file.text, faults);
    const content = parsed === null ? null : contentOf(parsed, faults);
    if (parsed !== null && content !== null) addFile(dialplan, parsed, content, faults);
  }
  if (dialplan.languages.length === 0) dialplan.languages = [dialplan.language];
  return dialplan;
}

export function parseFile(path: string, text: string, faults: Fault[]): ParsedFile | null {
  if (text.length > MOST_BYTES) {
    faults.push({ file: path, line: 1, column: 1, message: `the file is over ${MOST_BYTES} characters: split it` });
    return null;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const file = { path, document, lines };
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    faults.push({ file: path, line: Math.max(1, line), column: Math.max(1, col), message: `this is not YAML: ${error.message}` });
  }
  if (document.errors.length > 0) return null;
  findDoubles(file, faults);
  return file;
}

/** YAML takes 1 and '1' for two keys, a telephone does not. */
function findDoubles(file: ParsedFile, faults: Fault[]): void {
  visit(file.document, {
    Map(_, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.range == null) continue;
        const name = String(key.value);
        const { line, col } = file.lines.linePos(key.range[0]);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, line);
        else faults.push({ file: file.path, line, column: col, message: `"${name}" stands twice here, first on line ${first}: remove one of them` });
      }
    },
  });
}

function contentOf(file: ParsedFile, faults: Fault[]): DialplanFile | null {
  const place: Place = { file, at: [] };
  if (file.document.contents === null) return {};
  if (!isMap(file.document.contents)) {
    faults.push(faultAt(place, 'a dialplan file holds "numbers:", "flows:" and the like: begin with one of them'));
    return null;
  }
  let content: unknown;
  try {
    content = file.document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    faults.push(faultAt(place, `the file cannot be read: ${(error as Error).message}`));
    return null;
  }
  const checked = fileSchema.safeParse(content);
  if (checked.success) return checked.data;
  faults.push(...schemaFaults(place, 'the file', checked.error, Object.keys(fileSchema.shape)));
  return null;
}

function addFile(dialplan: Dialplan, file: ParsedFile, content: DialplanFile, faults: Fault[]): void {
  const top: Place = { file, at: [] };
  if (content.language !== undefined) dialplan.language = content.language;
  if (content.languages !== undefined) dialplan.languages = content.languages;
  dialplan.keys = { ...dialplan.keys, ...content.keys };
  if (content.agentFlow !== undefined) dialplan.agentFlow = { name: content.agentFlow, place: below(top, 'agentFlow') };
  if (content.numbers !== undefined) dialplan.numbersPlace ??= below(top, 'numbers');
  for (const [number, flow] of Object.entries(content.numbers ?? {})) {
    const place = below(top, 'numbers', number);
    const first = dialplan.numbers.get(number);
    if (first === undefined) dialplan.numbers.set(number, { flow, place });
    else faults.push(faultAt(keyOf(place), `number ${number} already has a flow in ${first.place.file.path}: remove one of them`));
  }
  for (const [flow, name] of Object.entries(content.fromDesk ?? {})) dialplan.fromDesk.set(flow, { name, place: below(top, 'fromDesk', flow) });
  for (const [name, steps] of Object.entries(content.flows ?? {})) {
    const place = below(top, 'flows', name);
    const first = dialplan.flows.get(name);
    if (first === undefined) dialplan.flows.set(name, { name, place, steps });
    else faults.push(faultAt(keyOf(place), `flow "${name}" already stands in ${first.place.file.path}: give one of them another name`));
  }
}
