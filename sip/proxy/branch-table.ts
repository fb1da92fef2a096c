/**
 * One target of a proxied request (RFC 3261 §16.6–16.8), from the proxy's side:
 *
 *   finding ─found→ trying ─1xx→ ringing ─2xx→ answered
 *                     │            ├─300-699→ done
 *                     │            └─finalTimeout, timerC, cancel→ cancelled ─300-699, cancelTimeout→ done
 *                     └─provisionalTimeout, finalTimeout, cancel→ withdrawn ─1xx→ cancelled
 *
 * finding: its address is looked up. trying: sent, nothing heard. ringing: the target works on it. withdrawn: given up before anything was
 * heard, so that the CANCEL waits for a provisional response. cancelled: the CANCEL is out. answered: 2xx, more of which may come. done: over.
 */
export type BranchState = 'finding' | 'trying' | 'ringing' | 'withdrawn' | 'cancelled' | 'answered' | 'done';
/** `silence` is timer B or F of the transaction, `transportError` also a target that cannot be found, `flowFailed` one whose only connection is closed. */
export type BranchInput =
  | 'found'
  | '1xx'
  | '2xx'
  | '300-699'
  | 'provisionalTimeout'
  | 'finalTimeout'
  | 'timerC'
  | 'cancel'
  | 'cancelTimeout'
  | 'silence'
  | 'transportError'
  | 'flowFailed';
/** `relay`: this response goes upstream. `keep`: this is what became of the branch (the first counts), a number for a response that no peer sent. */
export type BranchAction =
  | 'send'
  | 'relay'
  | 'keep'
  | 'keep 408'
  | 'keep 430'
  | 'keep 487'
  | 'keep 503'
  | 'cancel'
  | 'set C'
  | 'stop provisional'
  | 'stop timers'
  | 'abandon';

export interface BranchStep {
  readonly next: BranchState;
  readonly does: readonly BranchAction[];
}
const to = (next: BranchState, ...does: BranchAction[]): BranchStep => ({ next, does });

const stay = (state: BranchState): Record<BranchInput, BranchStep> => ({
  found: to(state),
  '1xx': to(state),
  '2xx': to(state),
  '300-699': to(state),
  provisionalTimeout: to(state),
  finalTimeout: to(state),
  timerC: to(state),
  cancel: to(state),
  cancelTimeout: to(state),
  silence: to(state),
  transportError: to(state),
  flowFailed: to(state),
});

const answered = to('answered', 'stop timers', 'relay');
const refused = to('done', 'stop timers', 'keep');
const silent = to('done', 'stop timers', 'keep 408');
// §16.9: "If the transport layer notifies a proxy of an error when it tries to forward a request, the proxy MUST behave as if the forwarded request received a 503 (Service Unavailable) response."
const broken = to('done', 'stop timers', 'keep 503');

// RFC 5626 §5.3.1: 430 when the flow that a target registered over is gone.
const flowless = to('done', 'stop timers', 'keep 430');

export const branchTable: Readonly<Record<BranchState, Readonly<Record<BranchInput, BranchStep>>>> = {
  finding: {
    ...stay('finding'),
    found: to('trying', 'send'),
    provisionalTimeout: silent,
    finalTimeout: silent,
    cancel: to('done', 'stop timers', 'keep 487'),
    transportError: broken,
    flowFailed: flowless,
  },
  trying: {
    ...stay('trying'),
    // §16.7 step 2: for an INVITE "and if the response is a provisional response with status codes 101 to 199 inclusive (i.e., anything but
    // 100), the proxy MUST reset timer C". Set with the 100 too: until then timer B watches over the branch.
    '1xx': to('ringing', 'stop provisional', 'set C', 'relay'),
    '2xx': answered,
    '300-699': refused,
    provisionalTimeout: to('withdrawn', 'stop timers', 'keep 408'),
    finalTimeout: to('withdrawn', 'stop timers', 'keep 408'),
    // §9.1 lets no CANCEL go before a provisional response; whoever waits upstream need not wait for it.
    cancel: to('withdrawn', 'stop timers', 'keep 487'),
    silence: silent,
    transportError: broken,
    flowFailed: flowless,
  },
  ringing: {
    ...stay('ringing'),
    '1xx': to('ringing', 'set C', 'relay'),
    '2xx': answered,
    '300-699': refused,
    finalTimeout: to('cancelled', 'stop timers', 'cancel', 'keep 408'),
    // §16.8: "If the client transaction has received a provisional response, the proxy MUST generate a CANCEL request matching that
    // transaction. If the client transaction has not received a provisional response, the proxy MUST behave as if the transaction received a 408 (Request Timeout) response."
    timerC: to('cancelled', 'stop timers', 'cancel', 'keep 408'),
    // What it answers to the CANCEL counts: 487, or a 200 that crossed it.
    cancel: to('cancelled', 'stop timers', 'cancel'),
    silence: silent,
    transportError: broken,
    flowFailed: flowless,
  },
  withdrawn: {
    ...stay('withdrawn'),
    '1xx': to('cancelled', 'cancel'),
    // §16.7 step 5: a 2xx to an INVITE goes upstream whenever it comes.
    '2xx': answered,
    '300-699': to('done'),
    silence: to('done'),
    transportError: to('done'),
    flowFailed: to('done'),
  },
  cancelled: {
    ...stay('cancelled'),
    '2xx': answered,
    '300-699': refused,
    cancelTimeout: to('done', 'stop timers', 'keep 487', 'abandon'),
    silence: silent,
    transportError: broken,
    flowFailed: flowless,
  },
  answered: { ...stay('answered'), '2xx': to('answered', 'relay') },
  done: stay('done'),
};
