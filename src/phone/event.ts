/** What happens to registered phones. Kept in the journal so that a restart forgets no phone. */
import type { AgentId } from '../../kernel/ids.ts';

export interface ContactBinding {
  /** Contact URI as the phone gave it. */
  uri: string;
  /** `udp/10.0.0.7:5060`: where the REGISTER came from and over what. */
  source: string;
  callId: string;
  cseq: number;
  /** ms since 1970 */
  expiresAt: number;
  userAgent: string;
  /** Events it says it understands (Allow-Events), lower case: `talk`, `hold` … */
  allowEvents: string[];
  /** It is the phone of her console, which registers while she has chosen it there. */
  chosen?: true;
}

export type PhoneEvent = { type: 'bindingsChanged'; agentId: AgentId; bindings: ContactBinding[] };
