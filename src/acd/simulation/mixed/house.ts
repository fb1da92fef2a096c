/** The house of a mixed shift: three agents, one queue, and what each agent takes beside what. */
import { asId, type TenantId } from '../../../../kernel/ids.ts';
import type { AgentConfiguration } from '../../event.ts';

export const TENANT = asId<TenantId>('demo');
export const CHANNELS = ['chat', 'mail'];
export const NUMBERS = ['8001', '8002', '8003'];
/** By number. */
export const RULES: Record<string, Pick<AgentConfiguration, 'channels' | 'interruptibleBy'>> = {
  8001: { channels: { chat: 2, mail: 1 } },
  8002: { channels: { chat: 3 }, interruptibleBy: { chat: ['voice'], voice: ['chat'] } },
  8003: { channels: { mail: 2, chat: 1 }, interruptibleBy: { mail: [] } },
};
