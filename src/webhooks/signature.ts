/**
 * How a delivery proves who sent it: `Huawu-Signature: v1=<hex>[,v1=<hex>]`, each the HMAC-SHA256 of `<timestamp>.<body>` under one of the secrets that are
 * live; `Huawu-Timestamp` in seconds since 1970 is part of it, so that who receives can refuse what is old.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export function signatureOf(secrets: readonly string[], timestamp: number, body: string): string {
  return secrets.map((secret) => `v1=${hmac(secret, timestamp, body)}`).join(',');
}

const hmac = (secret: string, timestamp: number, body: string): string => createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');

/** As who receives does it; five minutes is what a delivery may be old. */
export function isSigned(secret: string, header: string, timestamp: number, body: string, now: number, mostAgeSeconds = 300): boolean {
  if (Math.abs(now / 1000 - timestamp) > mostAgeSeconds) return false;
  const right = Buffer.from(hmac(secret, timestamp, body), 'hex');
  return header.split(',').some((part) => {
    const given = Buffer.from(/^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1] ?? '', 'hex');
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
