import { type Table, to } from './table.ts';

/**
 * RFC 3261 §17.1.2, every request but INVITE and ACK:
 *
 *   idle ─start→ trying ─1xx→ proceeding ─200-699→ completed ─K→ terminated
 *                   └────────200-699────────────────┘
 */
export type ClientState = 'idle' | 'trying' | 'proceeding' | 'completed' | 'terminated';
export type ClientInput = 'start' | '1xx' | '200-699' | 'timerE' | 'timerF' | 'timerK' | 'transportError';

const stay = (state: ClientState): Record<ClientInput, ReturnType<typeof to<ClientState>>> => ({
  start: to(state),
  '1xx': to(state),
  '200-699': to(state),
  timerE: to(state),
  timerF: to(state),
  timerK: to(state),
  transportError: to(state),
});

export const client: Table<ClientState, ClientInput> = {
  idle: {
    ...stay('idle'),
    // "When entering this state, the client transaction SHOULD set timer F to fire in 64*T1 seconds. The request MUST be passed to the
    // transport layer for transmission. If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds."
    start: to('trying', 'send', 'set E', 'set F'),
  },
  trying: {
    ...stay('trying'),
    // "If timer E fires while still in this state, the timer is reset, but this time with a value of MIN(2*T1, T2)."
    timerE: to('trying', 'send', 'set E'),
    // "If Timer F fires while the client transaction is still in the "Trying" state, the client transaction SHOULD inform the TU about the
    // timeout, and then it SHOULD enter the "Terminated" state."
    timerF: to('terminated', 'stop E', 'tellTimeout'),
    // "If a provisional response is received while in the "Trying" state, the response MUST be passed to the TU, and then the client transaction SHOULD move to the "Proceeding" state."
    '1xx': to('proceeding', 'tell'),
    // "If a final response (status codes 200-699) is received while in the "Trying" state, the response MUST be passed to the TU, and the
    // client transaction MUST transition to the "Completed" state." … "it MUST set Timer K to fire in T4 seconds for unreliable transports, and zero seconds for reliable transports."
    '200-699': to('completed', 'stop E', 'stop F', 'set K', 'tell'),
    // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and … transition directly to the "Terminated" state."
    transportError: to('terminated', 'stop E', 'stop F', 'tellTransportError'),
  },
  proceeding: {
    ...stay('proceeding'),
    // "If Timer E fires while in the "Proceeding" state, the request MUST be passed to the transport layer for retransmission, and Timer E MUST be reset with a value of T2 seconds."
    timerE: to('proceeding', 'send', 'set E at T2'),
    // "If timer F fires while in the "Proceeding" state, the TU MUST be informed of a timeout, and the client transaction MUST transition to the terminated state."
    timerF: to('terminated', 'stop E', 'tellTimeout'),
    '1xx': to('proceeding', 'tell'),
    // "If a final response (status codes 200-699) is received while in the "Proceeding" state, the response MUST be passed to the TU, and the client transaction MUST transition to the "Completed" state."
    '200-699': to('completed', 'stop E', 'stop F', 'set K', 'tell'),
    transportError: to('terminated', 'stop E', 'stop F', 'tellTransportError'),
  },
  // "The "Completed" state exists to buffer any additional response retransmissions that may be received".
  completed: {
    ...stay('completed'),
    // "If Timer K fires while in this state, the client transaction MUST transition to the "Terminated" state."
    timerK: to('terminated'),
  },
  terminated: stay('terminated'),
};
