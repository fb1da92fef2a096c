import { type Table, to } from './table.ts';

/**
 * RFC 3261 §17.2.1 with RFC 6026 §7.1:
 *
 *   proceeding ─300-699→ completed ─ACK→ confirmed ─I→ terminated
 *       └─2xx→ accepted ─L→ terminated    completed ─H→ terminated
 *
 * proceeding: we work on it, 100 is out. completed: refused, repeated until the ACK. confirmed: the ACK came, its copies are swallowed.
 * accepted: answered; the user of the transaction repeats the 2xx, here copies of the INVITE are swallowed so that they make no second call.
 */
export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type InviteServerInput = 'INVITE' | 'ACK' | 'user 1xx' | 'user 2xx' | 'user 300-699' | 'timerG' | 'timerH' | 'timerI' | 'timerL' | 'transportError';

const stay = (state: InviteServerState): Record<InviteServerInput, ReturnType<typeof to<InviteServerState>>> => ({
  INVITE: to(state),
  ACK: to(state),
  'user 1xx': to(state),
  'user 2xx': to(state),
  'user 300-699': to(state),
  timerG: to(state),
  timerH: to(state),
  timerI: to(state),
  timerL: to(state),
  transportError: to(state),
});

export const inviteServer: Table<InviteServerState, InviteServerInput> = {
  proceeding: {
    ...stay('proceeding'),
    // "If a request retransmission is received while in the "Proceeding" state, the most recent provisional response that was received from
    // the TU MUST be passed to the transport layer for retransmission."
    INVITE: to('proceeding', 'send'),
    // "The TU passes any number of provisional responses to the server transaction. So long as the server transaction is in the "Proceeding"
    // state, each of these MUST be passed to the transport layer for transmission."
    'user 1xx': to('proceeding', 'send'),
    // RFC 6026 §8.5: "If, while in the "Proceeding" state, the TU passes a 2xx response to the server transaction, the server transaction MUST pass
    // this response to the transport layer for transmission. … The server transaction MUST then transition to the "Accepted" state." Timer L is set on entering it (§8.7).
    'user 2xx': to('accepted', 'send', 'set L'),
    // "If the TU passes a response with status code from 300 to 699 … the response MUST be passed to the transport layer for transmission, and
    // the state machine MUST enter the "Completed" state. For unreliable transports, timer G is set to fire in T1 seconds" · "When the
    // "Completed" state is entered, timer H MUST be set to fire in 64*T1 seconds for all transports."
    'user 300-699': to('completed', 'send', 'set G', 'set H'),
    // RFC 6026 §8.8: the user is told of the failure and the transaction stays where it is.
    transportError: to('proceeding', 'tellTransportError'),
  },
  completed: {
    ...stay('completed'),
    // "while in the "Completed" state, if a request retransmission is received, the server SHOULD pass the response to the transport for retransmission."
    INVITE: to('completed', 'send'),
    // "If an ACK is received while the server transaction is in the "Completed" state, the server transaction MUST transition to the "Confirmed" state." Timer I is set on entering it.
    ACK: to('confirmed', 'stop G', 'stop H', 'set I'),
    // "If timer G fires, the response is passed to the transport layer once more for retransmission, and timer G is set to fire in MIN(2*T1, T2) seconds."
    timerG: to('completed', 'send', 'set G'),
    // "If timer H fires while in the "Completed" state, it implies that the ACK was never received. In this case, the server transaction
    // MUST transition to the "Terminated" state, and MUST indicate to the TU that a transaction failure has occurred."
    timerH: to('terminated', 'stop G', 'tellTimeout'),
    transportError: to('completed', 'tellTransportError'),
  },
  // "The purpose of the "Confirmed" state is to absorb any additional ACK messages that arrive, triggered from retransmissions of the final response."
  confirmed: {
    ...stay('confirmed'),
    // "Once timer I fires, the server MUST transition to the "Terminated" state."
    timerI: to('terminated'),
  },
  accepted: {
    ...stay('accepted'),
    // RFC 6026 §7.1: "any retransmissions of the INVITE received will match this transaction state machine and will be absorbed by the machine without changing its state".
    INVITE: to('accepted'),
    // RFC 6026 §8.7: each 2xx that the user repeats is passed to the transport layer.
    'user 2xx': to('accepted', 'send'),
    // RFC 6026 §8.7: "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the TU and not absorbed."
    ACK: to('accepted', 'tell'),
    // RFC 6026 §7.1: "When Timer L fires and the state machine is in the "Accepted" state, the machine MUST transition to the "Terminated" state."
    timerL: to('terminated'),
    transportError: to('accepted', 'tellTransportError'),
  },
  terminated: stay('terminated'),
};
