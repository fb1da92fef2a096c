/** A call of ours to a number outside: where it goes, what is shown there, and the media of each attempt. */

import type { TenantId } from '../../../kernel/ids.ts';
import type { DialAccount } from '../../call/command.ts';
import type { Ending } from '../../call/ending.ts';
import type { Location } from '../../call/location.ts';
import { type Destination, rateOf } from '../../toll/policy.ts';
import type { CommandOf } from '../../vocabulary.ts';
import { hostPart, userPart } from '../address.ts';
import { descriptionOf } from '../description.ts';
import { statusOfCause } from '../endings.ts';
import { openEndpoint } from '../endpoint.ts';
import { shownToTrunk } from '../identity.ts';
import { ALLOWED_METHODS } from '../inbound.ts';
import { Leg } from '../leg.ts';
import { guarded, type Rim } from '../rim.ts';
import type { SipDialog, SipHeaders } from '../srf.ts';
import { writeUui } from '../uui.ts';
import { displayNumber } from './display.ts';
import { type Compose, Hunt } from './hunt.ts';
import { located } from './location.ts';
import { shownFor, writtenFor } from './number.ts';
import type { Route } from './trunks.ts';

export async function dialOutside(rim: Rim, keep: (leg: Leg) => void, command: CommandOf<'dialLeg'>, destination: Destination): Promise<void> {
  const leg = new Leg(rim, command.callId, command.legId, { is: 'outside' }, { at: 'opening' });
  keep(leg);
  if (!maySpend(rim, command, destination)) {
    leg.end({ cause: 'not_allowed', by: 'server', q850: statusOfCause.not_allowed.q850 });
    return;
  }
  const routes = rim.trunks.routes(command.tenantId, destination);
  if (routes.length === 0) {
    rim.warn('no trunk takes a call', { tenant: command.tenantId, kind: destination.kind });
    leg.end({ cause: 'unreachable', by: 'server', q850: statusOfCause.unreachable.q850 });
    return;
  }
  leg.endUnlessUpWithin(command.timeoutMs, { cause: 'no_answer', by: 'server' });
  const media = mediaFor(rim, leg);
  const hunt = new Hunt(
    rim,
    [...routes, ...withoutPlace(rim, command, destination, routes)],
    destination.kind === 'emergency',
    (route) => invitation(rim, command, destination, route),
    {
      describe: media.describe,
      sent: (sipCallId) => rim.legs.named(leg.legId, sipCallId),
      over: ({ line }) => rim.trunks.hold(leg.legId, line),
      ringing: () => rim.take({ type: 'legRinging', callId: leg.callId, legId: leg.legId }),
      failed: guarded(rim, leg, (ending: Ending) => leg.end(ending)),
      answered: guarded(rim, leg, (dialog: SipDialog) => {
        leg.joined(dialog, media.sdp);
        leg.agree(descriptionOf(dialog.remote.sdp));
      }),
    },
  );
  leg.ringing(hunt);
  await hunt.next();
}

/** Asks the toll room, and tells it: the account that pays is in the command, not in anything a header says. */
function maySpend(rim: Rim, { tenantId, account, callId, legId }: CommandOf<'dialLeg'>, destination: Destination): boolean {
  const rules = rim.directory.outsideRules(tenantId);
  const { kind, country } = destination;
  const verdict = rim.toll.judge(tenantId, account, destination, rules, rim.clock.now());
  const words = { tenantId, account, callId, legId, kind, country, blockHours: rules.blockHours };
  if (verdict.is === 'refused') {
    rim.warn('ALARM: a call outside was refused', { tenant: tenantId, account, kind, country, why: verdict.why });
    rim.take({ type: 'outsideRefused', ...words, why: verdict.why });
    return false;
  }
  const { perMinute, perCall } = rateOf(destination.number, rules.rates);
  const dialled = { ...words, caps: account === 'flow' ? rules.flow : rules.agent, rate: { perMinute, perCall } };
  const help = kind === 'emergency' ? { number: destination.number, location: locationOf(rim, tenantId, account) } : undefined;
  rim.take({ type: 'outsideDialled', ...dialled, ...(help === undefined ? {} : { help }) });
  return true;
}

/** Of her phone, else of the site. */
const locationOf = ({ directory }: Rim, tenantId: TenantId, account: DialAccount): Location | null =>
  (account === 'flow' ? undefined : directory.agent(account)?.phone?.location) ?? directory.outsideRules(tenantId).location;

/** A trunk that refuses a call for help because of what is beside its session description is asked once more, without it (H6). */
function withoutPlace(rim: Rim, { tenantId, account }: CommandOf<'dialLeg'>, { kind }: Destination, routes: readonly Route[]): Route[] {
  if (kind !== 'emergency' || locationOf(rim, tenantId, account) === null) return [];
  return routes.filter(({ line }) => line.configuration.locationBy !== 'none').map((route) => ({ ...route, unlocated: true }));
}

/** One endpoint for all attempts at the same peer; a new one where the next trunk signals from elsewhere, for media's lock. */
function mediaFor(rim: Rim, leg: Leg) {
  let open: { peer: string; sdp: string } | null = null;
  return {
    async describe({ address: { peer } }: Route): Promise<string | null> {
      if (open?.peer === peer) return open.sdp;
      if (open !== null) await rim.media.close(leg.legId);
      if (leg.ended) return null;
      const sdp = (await openEndpoint(rim, leg, peer))?.sdp ?? null;
      open = sdp === null ? null : { peer, sdp };
      return sdp;
    },
    /** Ours, as it was described last. */
    get sdp(): string {
      return open?.sdp ?? '';
    },
  };
}

function invitation(rim: Rim, command: CommandOf<'dialLeg'>, destination: Destination, { line, address, unlocated }: Route): ReturnType<Compose> {
  const { configuration } = line;
  const uri = address.uri.replace(/^(sips?:)/i, (scheme) => `${scheme}${userPart(writtenFor(destination, configuration.format))}@`);
  const purpose = destination.kind === 'emergency' ? 'emergency' : (command.purpose ?? 'service');
  const identity = identityFor(rim, { ...command, purpose }, { line, address });
  const place = destination.kind === 'emergency' && unlocated !== true ? locationOf(rim, command.tenantId, command.account) : null;
  const { headers, body } = located(place, configuration.locationBy, rim.clock.now());
  return { uri, headers: { ...identity, ...userToUser(rim, command, line), ...headers, To: `<${uri}>`, Allow: ALLOWED_METHODS }, body };
}

/** Call-associated data, to a trunk that is said to carry it. */
function userToUser(rim: Rim, { callId }: CommandOf<'dialLeg'>, { configuration }: Route['line']): SipHeaders {
  const call = configuration.userToUser ? rim.calls.get(callId) : undefined;
  const uui = call === undefined ? null : writeUui(call.data, configuration.userToUserOctets);
  return uui === null ? {} : { 'User-to-User': uui };
}

function identityFor(rim: Rim, { tenantId, purpose, display }: CommandOf<'dialLeg'>, { line, address }: Pick<Route, 'line' | 'address'>): SipHeaders {
  const { configuration } = line;
  const tenant = rim.directory.tenants().find((one) => one.tenantId === tenantId);
  const ours = { tenantNumbers: tenant?.numbers ?? [], outboundNumbers: tenant?.settings?.outboundNumbers ?? {} };
  const withhold = display === 'anonymous';
  const number = displayNumber({ purpose: purpose ?? 'service', number: withhold ? null : (display ?? null) }, { trunk: configuration, ...ours });
  if (number === null) return shownToTrunk('', { assert: false, withhold: true });
  // A carrier that registers us knows us by its own domain.
  const domain = configuration.registration === null ? hostPart(rim.publicAddress) : (configuration.registration.domain ?? address.host);
  const shown = `<sip:${userPart(shownFor(number, configuration.format))}@${domain}>`;
  return shownToTrunk(shown, { assert: configuration.assertIdentity, withhold });
}
