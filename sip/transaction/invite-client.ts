import { type Table, to } from './table.ts';

/**
 * RFC 3261 §17.1.1 with RFC 6026 §7.2:
 *
 *   idle ─start→ calling ─1xx→ proceeding ─300-699→ completed ─D→ terminated
 *                   └──────2xx──────┴────→ accepted ─M→ terminated
 *
 * calling: sent, nothing heard. proceeding: the other side works on it. completed: refused, our ACK is repeated for each repeated refusal.
 * accepted: answered; further 2xx (repeated, or of other forks) still find their way up.
 */
export type InviteClientState = 'idle' | 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type InviteClientInput = 'start' | '1xx' | '2xx' | '300-699' | 'timerA' | 'timerB' | 'timerD' | 'timerM' | 'transportError';

const stay = (state: InviteClientState): Record<InviteClientInput, ReturnType<typeof to<InviteClientState>>> => ({
  start: to(state),
  '1xx': to(state),
  '2xx': to(state),
  '300-699': to(state),
  timerA: to(state),
  timerB: to(state),
  timerD: to(state),
  timerM: to(state),
  transportError: to(state),
});

export const inviteClient: Table<InviteClientState, InviteClientInput> = {
  idle: {
    ...stay('idle'),
    // "The initial state, "calling", MUST be entered when the TU initiates a new client transaction with an INVITE request. The client
    // transaction MUST pass the request to the transport layer … MUST start timer A with a value of T1 … MUST start timer B with a value of 64*T1".
    start: to('calling', 'send', 'set A', 'set B'),
  },
  calling: {
    ...stay('calling'),
    // "When timer A fires, the client transaction MUST retransmit the request by passing it to the transport layer".
    timerA: to('calling', 'send', 'set A'),
    // "If the client transaction is still in the "Calling" state when timer B fires, the client transaction SHOULD inform the TU that a timeout has occurred."
    timerB: to('terminated', 'stop A', 'tellTimeout'),
    // "If the client transaction receives a provisional response while in the "Calling" state, it transitions to the "Proceeding" state. In
    // the "Proceeding" state, the client transaction SHOULD NOT retransmit the request any longer."
    '1xx': to('proceeding', 'stop A', 'stop B', 'tell'),
    // RFC 6026 §8.4: "The client transaction MUST transition to the "Accepted" state, and Timer M MUST be started with a value of 64*T1." · "The 2xx
    // response MUST be passed up to the TU. The client transaction MUST NOT generate an ACK to the 2xx response".
    '2xx': to('accepted', 'stop A', 'stop B', 'set M', 'tell'),
    // "When in either the "Calling" or "Proceeding" states, reception of a response with status code from 300-699 MUST cause the client
    // transaction to transition to "Completed". The client transaction MUST pass the received response up to the TU, and … MUST generate an ACK request".
    '300-699': to('completed', 'stop A', 'stop B', 'sendAck', 'set D', 'tell'),
    // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and the client transaction SHOULD
    // transition directly to the "Terminated" state."
    transportError: to('terminated', 'stop A', 'stop B', 'tellTransportError'),
  },
  proceeding: {
    ...stay('proceeding'),
    // "Any further provisional responses MUST be passed up to the TU while in the "Proceeding" state."
    '1xx': to('proceeding', 'tell'),
    '2xx': to('accepted', 'set M', 'tell'),
    '300-699': to('completed', 'sendAck', 'set D', 'tell'),
    // The request is with the other side, which has answered: an error of a later datagram says nothing about it.
    transportError: to('proceeding'),
  },
  completed: {
    ...stay('completed'),
    // "Any retransmissions of the final response that are received while in the "Completed" state MUST cause the ACK to be re-passed to the
    // transport layer for retransmission, but the newly received response MUST NOT be passed up to the TU."
    '300-699': to('completed', 'sendAck'),
    // "If timer D fires while the client transaction is in the "Completed" state, the client transaction MUST move to the terminated state."
    timerD: to('terminated'),
    // The final response has been told already; an ACK that could not leave ends the transaction.
    transportError: to('terminated', 'stop D'),
  },
  accepted: {
    ...stay('accepted'),
    // RFC 6026 §8.4: "Any 2xx responses that match this client transaction and that are received while in the "Accepted" state MUST be passed up to the TU."
    '2xx': to('accepted', 'tell'),
    // RFC 6026 §8.4: "If Timer M fires while the client transaction is in the "Accepted" state, the client transaction MUST move to the "Terminated" state."
    timerM: to('terminated'),
  },
  // "The client transaction MUST be destroyed the instant it enters the "Terminated" state."
  terminated: stay('terminated'),
};
