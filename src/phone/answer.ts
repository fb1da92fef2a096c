/**
 * Auto-answer: a phone that is told so goes off-hook by itself. Two ways are written, since phones read one or the other: the answer-after
 * parameter of Call-Info, and an Alert-Info that names it. Only we ask for it, for one agent's phones by her setting or for one offer;
 * what a caller writes into such headers never reaches a phone, as every INVITE to one is our own.
 */
import { hostPart } from './address.ts';
import type { SipHeaders } from './srf.ts';

export type AlertSource = 'external' | 'internal';

export function alertHeaders(publicAddress: string, source: AlertSource, autoAnswer: boolean): SipHeaders {
  const urn = `<urn:alert:source:${source}>`;
  if (!autoAnswer) return { 'Alert-Info': urn };
  const uri = `sip:${hostPart(publicAddress)}`;
  return { 'Call-Info': `<${uri}>;answer-after=0`, 'Alert-Info': `<http://${hostPart(publicAddress)}>;info=alert-autoanswer;delay=0, ${urn}` };
}
