/** What every part of the desk may read and do. */
import { createContext, useContext } from 'react';
import type { AgentStateData } from '../../src/cti/protocol.ts';
import type { CommandData, CommandType, DeskView, Outcome } from '../shared/cti/client.ts';
import type { Desk } from '../shared/cti/desk.ts';
import type { PhoneTools } from './phone/use-phone.ts';

export type FailureCode = Extract<Outcome, { ok: false }>['code'];
/** Why a call stopped ringing that nobody asks anything of her for. */
export const goneCauses = ['answered_elsewhere', 'abandoned', 'withdrawn'] as const;
export type GoneCause = (typeof goneCauses)[number];

/** `failed`: an action did not work · `gone`: what rang is another's, or nobody's · `unsent`: notes that could not be handed in any more, to be copied · `blocked`: the browser opens no mini bar */
export type NewNotice = { kind: 'failed'; code: FailureCode } | { kind: 'gone'; cause: GoneCause } | { kind: 'unsent'; text: string } | { kind: 'blocked' };
export type Notice = { key: number } & NewNotice;

export interface DeskTools {
  view: DeskView;
  desk: Desk;
  agent: AgentStateData;
  online: boolean;
  /** For the API. */
  token: string;
  phone: PhoneTools;
  /** The server says this can work now. */
  can(type: CommandType): boolean;
  /** true when the server did it; a failure has been shown to the agent. */
  act<T extends CommandType>(type: T, data: CommandData<T>): Promise<boolean>;
  notify(notice: NewNotice): void;
}

export const DeskContext = createContext<DeskTools | null>(null);

export function useDesk(): DeskTools {
  const tools = useContext(DeskContext);
  if (tools === null) throw new Error('a part of the desk was drawn outside the desk');
  return tools;
}
