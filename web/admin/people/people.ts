/** Agents and users as the API tells them. */
import { ownName } from '../../shared/labels.ts';
import { useAll } from '../admin.ts';
import type { Words } from '../words.ts';
import type { AgentColumn, AgentRow } from './agents-file.ts';

export const AGENTS = '/api/v1/agents';
export const USERS = '/api/v1/users';
export const QUEUES = '/api/v1/queues';

export interface Agent {
  agentId: string;
  number: string;
  name: string;
  queues: string[];
  skills: Record<string, number>;
  staticContact: string | null;
  phone: { autoAnswer?: 'never' | 'customers' | 'always' };
  team?: string;
  site?: string;
  disabled: boolean;
  live: { state: string; activity: string; phoneReachable: boolean; deskConnected: boolean } | null;
}

export const roles = ['agent', 'lead', 'supervisor', 'quality', 'planner', 'admin', 'auditor'] as const;
export type Role = (typeof roles)[number];
export interface User {
  userId: string;
  username: string;
  name: string;
  role: Role;
  language: 'zh' | 'en';
  agentId: string | null;
  /** Those a lead leads. */
  teams: string[];
  disabled: boolean;
}

export interface QueueName {
  queueId: string;
  name: { zh: string; en: string };
}

export interface Preview {
  applied: boolean;
  basis: string;
  counts: { new: number; changed: number; same: number; faulty: number };
  rows: {
    number: string;
    outcome: 'new' | 'changed' | 'same' | 'faulty';
    changes: { field: AgentColumn; before: string; after: string }[];
    faults: { field: AgentColumn; code: string; value: string }[];
  }[];
}
export interface ImportBody {
  rows: AgentRow[];
  apply: boolean;
  basis?: string;
}

export const useAgents = () => useAll<Agent>(AGENTS);
export const useUsers = () => useAll<User>(USERS);
export const useQueueNames = () => useAll<QueueName>(QUEUES);

/** Own names and display names in both languages → own name. */
export const queueIndex = (queues: readonly QueueName[]): Map<string, string> =>
  new Map(queues.flatMap(({ queueId, name }) => [ownName(queueId), name.zh, name.en].map((each) => [each.toLowerCase(), ownName(queueId)] as const)));

/** No 0, o, 1, l, i: it is read from a screen and typed into a phone. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const LETTERS_A_PASSWORD = 12;

export const newPassword = (): string =>
  // 31 letters: of 256 values the last 8 would make some of them likelier.
  Array.from({ length: LETTERS_A_PASSWORD }, () => LETTERS[fairByte() % LETTERS.length]).join('');

function fairByte(): number {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
  return byte < 248 ? byte : fairByte();
}

/** A fault of a row as a person reads it. */
export const rowSentence = (w: Words, code: string, value: string): string => (w as (key: string, fill: object) => string)(`rowFault.${code}`, { value });
