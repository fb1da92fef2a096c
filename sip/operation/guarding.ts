/** The guard as this program runs it: with the clock's time, real dice, and nonces of the secret it shares with its applications. */
import { randomBelow } from '../../kernel/ids.ts';
import { isFresh, NonceMint, nonceKeyOf } from '../../kernel/nonce.ts';
import type { SipConfig } from '../config.ts';
import type { BlockCause } from '../guard/counts.ts';
import { Guard } from '../guard/guard.ts';
import type { Request } from '../message/message.ts';

const DICE_SIDES = 2 ** 24;

/** On as soon as it has been told whom to trust or how to ask strangers who they are. */
export function newGuard(
  { trustedTrunks, challengeRealm, secret, domains, ratedCalls }: SipConfig,
  isMine: (address: string, port: number) => boolean,
  isOurs: (request: Request) => boolean,
  onBlocked: (cause: BlockCause, address: string) => void,
): Guard {
  const mint = new NonceMint(nonceKeyOf(secret));
  return new Guard({
    isOn: trustedTrunks.length > 0 || challengeRealm !== undefined,
    trunks: trustedTrunks,
    realm: challengeRealm,
    signer: {
      issue: (now, address) => mint.issue(now, address),
      look(nonce, address, now) {
        const issuedAt = mint.issuedAt(nonce, address);
        return issuedAt === null ? 'foreign' : isFresh(issuedAt, now) ? 'good' : 'stale';
      },
      stamp: (text) => mint.stamp(text),
    },
    dice: () => randomBelow(DICE_SIDES) / DICE_SIDES,
    isMine,
    isOurs,
    domains,
    ratedCalls,
    onBlocked,
  });
}
