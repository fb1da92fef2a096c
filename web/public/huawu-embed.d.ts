/** A part of `screenPop` of the desk protocol (src/cti/PROTOCOL.md), and where the call stands. */
export interface EmbeddedCall {
  phase: 'offered' | 'calling' | 'established' | 'held' | 'cleared';
  since: string;
  callId: string;
  caller: { number: string; name?: string };
  customer: { customerId: string; name: string } | null;
  data: Record<string, string>;
  [more: string]: unknown;
}
export interface EmbeddedState {
  agent: { number: string; name: string; state: string; can: string[] };
  call: EmbeddedCall | null;
}
export type Wish =
  | { type: 'ready' | 'answer' | 'hold' | 'retrieve' | 'hangup' | 'reject' }
  | { type: 'notReady'; reason: 'break' | 'meal' | 'training' | 'meeting' | 'other' }
  | { type: 'setData'; data: Record<string, string> }
  | { type: 'blindTransfer' | 'consult'; target: { kind: 'agent' | 'number'; number: string } };
export interface EmbeddedDesk {
  frame: HTMLIFrameElement;
  /** true: the server took it; what came of it arrives as a state. */
  ask(wish: Wish): Promise<boolean>;
  remove(): void;
}
export function embedDesk(place: Element, options?: { server?: string; onState?(state: EmbeddedState): void; onLoaded?(): void }): EmbeddedDesk;
