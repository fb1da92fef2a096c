/**
 * The first words of a run: what was open goes on where the servers beside us have kept it, or is over; and records that were not seen written are given to the
 * writer again.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { AgentId } from '../kernel/ids.ts';
import type { CdrWriter } from './cdr/writer.ts';
import { type GoingOn, goOn } from './going-on.ts';
import type { KeptJournal } from './journal/keep.ts';
import type { SpaceWatch } from './recordings/space.ts';
import type { MediaEar } from './sound/ear.ts';
import type { Event } from './vocabulary.ts';

const HEARTBEAT_MS = 1_000;

interface Beginning extends Omit<GoingOn, 'underway' | 'ear'> {
  kept: KeptJournal;
  cdr: Pick<CdrWriter, 'accept'>;
  space: Pick<SpaceWatch, 'look'>;
  ear: MediaEar;
  /** Registers how to close what was opened. */
  opened: (stop: () => void, close: (stop: () => void) => unknown) => unknown;
}

export async function begin(parts: Beginning): Promise<void> {
  const { kept, cdr, space, ear, calls, clock, take, opened } = parts;
  const { underway } = kept;
  if (underway === null) take({ type: 'serverStarted' });
  else await goOn({ ...parts, underway });
  ear.open();
  void space.look();
  for (const [agentId, bindings] of kept.bindings) take({ type: 'bindingsChanged', agentId, bindings });
  for (const record of kept.leftover) cdr.accept({ record });
  kept.begun();
  const heartbeat = clock.every(HEARTBEAT_MS, () => {
    if (calls.size > 0) take({ type: 'heartbeat' });
  });
  opened(heartbeat, (stop) => stop());
}

/** The same after a restart, and nobody else's at a SIP server that several share: one program runs in a data folder of a machine. */
export const nameOf = (dataDir: string): string => `huawu-${createHash('sha256').update(`${hostname()} ${dataDir}`).digest('hex').slice(0, 12)}`;

/** Agents for measuring have no desk at which to sign in. */
export function readyStaticAgents(take: (event: Event) => void, agents: readonly { agentId: AgentId; staticContact: string | null }[]): void {
  for (const { agentId, staticContact } of agents) {
    if (staticContact === null) continue;
    take({ type: 'agentSignedIn', agentId });
    take({ type: 'agentWentReady', agentId });
  }
}
