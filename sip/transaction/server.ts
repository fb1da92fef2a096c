import { type Table, to } from './table.ts';

/**
 * RFC 3261 §17.2.2, every request but INVITE and ACK:
 *
 *   trying ─user 1xx→ proceeding ─user 200-699→ completed ─J→ terminated
 *      └───────────────user 200-699───────────────┘
 */
export type ServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type ServerInput = 'request' | 'user 1xx' | 'user 200-699' | 'timerJ' | 'transportError';

const stay = (state: ServerState): Record<ServerInput, ReturnType<typeof to<ServerState>>> => ({
  request: to(state),
  'user 1xx': to(state),
  'user 200-699': to(state),
  timerJ: to(state),
  transportError: to(state),
});

export const server: Table<ServerState, ServerInput> = {
  trying: {
    ...stay('trying'),
    // "Once in the "Trying" state, any further request retransmissions are discarded."
    request: to('trying'),
    // "While in the "Trying" state, if the TU passes a provisional response to the server transaction, the server transaction MUST enter the "Proceeding" state."
    'user 1xx': to('proceeding', 'send'),
    // "If the TU passes a final response (status codes 200-699) to the server while in the "Proceeding" state, the transaction MUST enter
    // the "Completed" state" · "When the server transaction enters the "Completed" state, it MUST set Timer J to fire in 64*T1 seconds for
    // unreliable transports, and zero seconds for reliable transports."
    'user 200-699': to('completed', 'send', 'set J'),
    transportError: to('trying', 'tellTransportError'),
  },
  proceeding: {
    ...stay('proceeding'),
    // "If a retransmission of the request is received while in the "Proceeding" state, the most recently sent provisional response MUST be passed to the transport layer for retransmission."
    request: to('proceeding', 'send'),
    'user 1xx': to('proceeding', 'send'),
    'user 200-699': to('completed', 'send', 'set J'),
    transportError: to('proceeding', 'tellTransportError'),
  },
  completed: {
    ...stay('completed'),
    // "While in the "Completed" state, the server transaction MUST pass the final response to the transport layer for retransmission whenever a retransmission of the request is received."
    request: to('completed', 'send'),
    // "Any other final responses passed by the TU to the server transaction MUST be discarded while in the "Completed" state." (`stay`)
    // "The server transaction remains in this state until Timer J fires, at which point it MUST transition to the "Terminated" state."
    timerJ: to('terminated'),
    transportError: to('completed', 'tellTransportError'),
  },
  terminated: stay('terminated'),
};
