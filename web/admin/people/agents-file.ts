/** A file of agents: its columns, in either language, and what each row says. Pure. What the server knows better (queues there are, numbers that are taken) it says in the preview. */

/** As the API takes it: what is absent stays as it is. */
export interface AgentRow {
  number: string;
  name?: string;
  queues?: string[];
  skills?: Record<string, number>;
  team?: string;
  site?: string;
  password?: string;
}

export const agentColumns = ['number', 'name', 'team', 'site', 'queues', 'skills', 'password'] as const;
export type AgentColumn = (typeof agentColumns)[number];

/** Heads as we write them and as people do. */
const heads: Record<AgentColumn, readonly string[]> = {
  number: ['number', 'agent number', 'id', '工号', '坐席工号', '坐席号'],
  name: ['name', '姓名', '名称'],
  team: ['team', '班组', '团队', '组'],
  site: ['site', '职场', '地点'],
  queues: ['queues', 'queue', '队列', '技能队列'],
  skills: ['skills', 'skill', '技能'],
  password: ['password', 'first password', '初始密码', '密码'],
};

export type FileFault = 'no_rows' | 'no_number_column' | 'too_many_rows';
export interface RowTrouble {
  field: AgentColumn;
  code: 'skill_unreadable';
  value: string;
}
export interface ReadAgents {
  /** What hinders the whole file; null = nothing. */
  fault: FileFault | null;
  rows: AgentRow[];
  /** Where each row stands in the file, from 1. */
  lines: number[];
  /** By row, beside what the server says. */
  troubles: RowTrouble[][];
  /** Heads nobody knows: left out, and said. */
  ignored: string[];
}

export const MOST_ROWS = 3_000;
/** A cell with nothing else takes away what there is. */
const NONE = '-';
const nothing: ReadAgents = { fault: null, rows: [], lines: [], troubles: [], ignored: [] };

/** `queues`: by their own name and by what they are called, in both languages. */
export function readAgents(table: readonly (readonly string[])[], queues: ReadonlyMap<string, string>): ReadAgents {
  const [head = [], ...body] = table;
  const columns = head.map((text) => columnOf(text));
  if (body.length === 0) return { ...nothing, fault: 'no_rows' };
  if (!columns.includes('number')) return { ...nothing, fault: 'no_number_column' };
  if (body.length > MOST_ROWS) return { ...nothing, fault: 'too_many_rows' };
  const read = body.map((cells) => readRow(cells, columns, queues));
  return {
    fault: null,
    rows: read.map(({ row }) => row),
    lines: body.map((_, at) => at + 2),
    troubles: read.map(({ troubles }) => troubles),
    ignored: head.filter((text, at) => columns[at] === null && text.trim() !== ''),
  };
}

function columnOf(text: string): AgentColumn | null {
  const name = text.trim().toLowerCase();
  return agentColumns.find((column) => heads[column].includes(name)) ?? null;
}

function readRow(
  cells: readonly string[],
  columns: readonly (AgentColumn | null)[],
  queues: ReadonlyMap<string, string>,
): { row: AgentRow; troubles: RowTrouble[] } {
  const row: AgentRow = { number: '' };
  const troubles: RowTrouble[] = [];
  for (const [at, column] of columns.entries()) {
    const text = (cells[at] ?? '').trim();
    // An empty cell says nothing; only a number must be there.
    if (column === null || text === '') continue;
    const list = text === NONE ? [] : text.split(/[;；,,、\n]/).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
    if (column === 'queues') row.queues = list.map((name) => queues.get(name.toLowerCase()) ?? name);
    else if (column === 'skills') row.skills = skillsOf(list, troubles);
    else row[column] = text === NONE && (column === 'team' || column === 'site') ? '' : text;
  }
  return { row, troubles };
}

/** `english 8`, `english=8`, `english:8`; without a level the highest. */
function skillsOf(list: readonly string[], troubles: RowTrouble[]): Record<string, number> {
  const skills: Record<string, number> = {};
  for (const text of list) {
    const [, skill = '', level = String(HIGHEST)] = /^([^\s=::]+)(?:\s*[\s=::]\s*(\d+))?$/.exec(text) ?? [];
    if (skill === '') troubles.push({ field: 'skills', code: 'skill_unreadable', value: text });
    else skills[skill] = Number(level);
  }
  return skills;
}
const HIGHEST = 10;

export const skillsText = (skills: Readonly<Record<string, number>>): string =>
  Object.entries(skills)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([skill, level]) => `${skill} ${level}`)
    .join('; ');

/** What is marked in a list, changed alike. */
export interface BulkChange {
  addQueues: readonly string[];
  removeQueues: readonly string[];
  setSkills: Readonly<Record<string, number>>;
  removeSkills: readonly string[];
  /** null = as it is; '' = none. */
  team: string | null;
  site: string | null;
}

export interface MarkedAgent {
  number: string;
  /** Own names. */
  queues: readonly string[];
  skills: Readonly<Record<string, number>>;
}

/** Rows of those whom the change touches; the preview says what comes of it. */
export function bulkRows(agents: readonly MarkedAgent[], change: BulkChange): AgentRow[] {
  const { addQueues, removeQueues, setSkills, removeSkills, team, site } = change;
  const touchesQueues = addQueues.length + removeQueues.length > 0;
  const touchesSkills = Object.keys(setSkills).length + removeSkills.length > 0;
  return agents.map(({ number, queues, skills }) => {
    const row: AgentRow = { number };
    if (touchesQueues) row.queues = [...new Set([...queues, ...addQueues])].filter((queue) => !removeQueues.includes(queue));
    if (touchesSkills) row.skills = Object.fromEntries(Object.entries({ ...skills, ...setSkills }).filter(([skill]) => !removeSkills.includes(skill)));
    if (team !== null) row.team = team;
    if (site !== null) row.site = site;
    return row;
  });
}
