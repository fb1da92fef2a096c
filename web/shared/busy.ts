/** A quick answer should not make a button flicker: it shows that it waits only after a moment. What it does meanwhile is its owner's to refuse. */
const SHOWN_AFTER_MS = 300;

export const waitingFor = (busy: boolean): { delay: number } | false => (busy ? { delay: SHOWN_AFTER_MS } : false);
