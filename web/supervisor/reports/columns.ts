/** Which figures a report has, in which groups, by which names; and its lines in the order that is wished for. Pure. */
import type { Unit } from '../day/picture.ts';
import { type Definition, type Definitions, type Group, groups, type Line, type Report } from './report.ts';

export interface Column {
  group: Group;
  name: string;
  unit: Unit;
  /** null: a mere count, that words of ours name. */
  definition: Definition | null;
}

/** What is looked at first, in this order; the other figures come behind. Some are mere counts without which a figure would hang in the air. */
const leading: Record<Group, readonly string[]> = {
  contacts: ['offered', 'answered', 'abandoned', 'shortAbandoned', 'blocked', 'serviceLevel', 'answerRate', 'fifteenSecondRate', 'abandonRate'],
  handling: ['handled', 'rated'],
  time: ['signedInMs', 'busyMs', 'availableMs', 'notReadyMs'],
  offers: ['offers', 'taken', 'unanswered'],
  calls: ['arrived', 'served', 'abandoned', 'contained', 'leftInIvr'],
};

/** `every`: with every count there is; else what is defined and what it hangs on. */
export function columnsOf({ items, serviceLevel }: Report, definitions: Definitions['figures'], every: boolean): Column[] {
  const [first] = items;
  if (first === undefined) return [];
  return groups.flatMap((group) =>
    Object.keys(first[group] ?? {})
      .map((name): Column => {
        const definition = name === 'serviceLevel' ? serviceLevel : definitionOf(definitions, group, name);
        return { group, name, definition, unit: definition?.unit ?? (name.endsWith('Ms') ? 'ms' : 'contacts') };
      })
      .filter(({ name, definition }) => every || definition !== null || leading[group].includes(name))
      .sort((a, b) => rankOf(a) - rankOf(b)),
  );
}

/** Those that do not lead stay in the API's order. */
function rankOf({ group, name }: Column): number {
  const at = leading[group].indexOf(name);
  return at < 0 ? leading[group].length : at;
}

/** Of calls `abandoned` and `answered` are something else than of visits to queues. */
function definitionOf(definitions: Definitions['figures'], group: Group, name: string): Definition | null {
  const definition = definitions[name];
  return definition === undefined || (group === 'calls' && definition.unit === 'contacts') ? null : definition;
}

export const columnId = ({ group, name }: Pick<Column, 'group' | 'name'>): string => `${group}.${name}`;
export const figureAt = (line: Line, { group, name }: Pick<Column, 'group' | 'name'>): number | null => line[group]?.[name] ?? null;

export interface Order {
  /** null = as the API has them: by time, then by key. */
  column: string | null;
  down: boolean;
}

/** What has no figure stands last, whichever way it goes. */
export function inOrder(lines: readonly Line[], columns: readonly Column[], { column, down }: Order): readonly Line[] {
  const by = columns.find((each) => columnId(each) === column);
  if (by === undefined) return down ? [...lines].reverse() : lines;
  return [...lines].sort((a, b) => {
    const [x, y] = [figureAt(a, by), figureAt(b, by)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return down ? y - x : x - y;
  });
}
