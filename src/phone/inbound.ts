/** A call to us: may it come in, who calls, whom, and which tenant is that; then its answer. */
import { type AgentId, type CallId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import type { CallData, Dialled, Party } from '../call/event.ts';
import { normaliseNumber } from '../customers/normalise.ts';
import type { Tenant } from '../tenants/directory.ts';
import { entryOf } from '../tenants/numbers.ts';
import { fitsAny } from '../tenants/trunk.ts';
import { parseNameAddress, parseSipUri, splitValues } from './address.ts';
import { descriptionIn } from './description.ts';
import { reasonHeader, statusOfCause } from './endings.ts';
import { openEndpoint } from './endpoint.ts';
import { callerOf, divertedFrom, printable } from './identity.ts';
import { Leg } from './leg.ts';
import { sourceOf } from './registrar.ts';
import { guarded, type Rim } from './rim.ts';
import type { SipDialog, SipFailure, SipRequest, SipResponse } from './srf.ts';
import { takeOver } from './takeover.ts';
import { endDialog } from './trunk/inside.ts';
import type { TrunkLine } from './trunk/line.ts';
import { destinationOf } from './trunk/number.ts';
import type { Trusted } from './trunk/trunks.ts';
import { readUui } from './uui.ts';

/** Extensions a caller may insist on; the SIP server sees to them. */
const SUPPORTED = ['100rel', 'timer', 'replaces', 'uui'];
const LONGEST_NUMBER = 64;
/** A call that no flow answers or ends within this time is let go (RFC 3261 §16.6 timer C: more than three minutes). */
const UNANSWERED_MS = 185_000;

export const ALLOWED_METHODS = 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, REFER, NOTIFY, INFO, UPDATE, PRACK';

/** The extensions of ours that a peer may want to know of; the SIP server adds its own. */
export const EXTENSIONS = 'replaces, uui, timer';

/** What a full trunk is told. */
const RETRY_AFTER_SECONDS = '10';

export interface Origin {
  trunk: string;
  /** The configured trunk it came over. */
  line: TrunkLine | null;
  caller: Party;
  /** null = any tenant; an agent's phone and a trunk that is not shared reach only their own. */
  tenantId: TenantId | null;
  /** Whose phone it is; null = it came over a trunk. */
  agentId: AgentId | null;
  /** The number that was called first, of a call that a trunk says was forwarded. */
  divertedFrom: string | null;
}

/** Takes an INVITE in (`keep` is given the leg before `callArrived` is told, which may answer it at once) or refuses it. */
export function takeInvite(rim: Rim, keep: (leg: Leg) => void, req: SipRequest, res: SipResponse): void {
  // srf would answer an INVITE without Contact and then know no dialog.
  if (!req.has('Contact')) {
    res.send(400, 'Missing Contact');
    return;
  }
  const unsupported = splitValues(req.get('Require') ?? '').filter((tag) => !SUPPORTED.includes(tag.toLowerCase()));
  if (unsupported.length > 0) {
    res.send(420, { headers: { Unsupported: unsupported.join(', ') } });
    return;
  }
  const origin = originOf(rim, req, res);
  if (origin === null) return;
  if (req.has('Replaces')) {
    takeOver(rim, keep, origin, req, res);
    return;
  }
  const uri = parseSipUri(req.uri);
  const raw = printable(uri?.user ?? '', LONGEST_NUMBER);
  const callee: Party = { number: normaliseNumber(raw), raw };
  // A trunk may write what it likes behind the @; a phone that names another house means another house.
  const isElsewhere = origin.agentId !== null && !rim.isOurs(uri?.host ?? '');
  const wanted = raw === '' || isElsewhere ? null : wantedOf(rim, callee, origin);
  if (wanted === null) {
    res.send(404, { headers: { Reason: reasonHeader('not_found') } });
    return;
  }
  // F8: of those who must be recorded none is taken while nothing can be; calls that are up go on.
  if (!rim.recordable(wanted.tenantId) && wanted.dialled?.target?.kind !== 'number') {
    res.send(503, { headers: { 'Retry-After': RETRY_AFTER_SECONDS } });
    return;
  }
  const callId = rim.newCallId();
  const legId = legIdOf(callId, 0);
  const { agentId } = origin;
  const owner = agentId === null ? ({ is: 'outside' } as const) : ({ is: 'agent', agentId } as const);
  const leg = new Leg(rim, callId, legId, owner, { at: 'arriving', req, res }, consultedFrom(rim, agentId) ?? callId);
  keep(leg);
  rim.legs.named(legId, req.get('Call-ID') ?? '');
  if (origin.line !== null) rim.trunks.hold(legId, origin.line);
  const cancelled = (): void => leg.end({ cause: 'abandoned', by: 'far_end', sip: 487, q850: statusOfCause.abandoned.q850 });
  req.on('cancel', guarded(rim, leg, cancelled));
  leg.endUnlessUpWithin(UNANSWERED_MS, { cause: 'no_answer', by: 'server' });
  const { caller, trunk } = origin;
  rim.take({ type: 'callArrived', callId, legId, ...wanted, caller, callee, trunk, sipCallId: req.get('Call-ID') ?? '' });
  const data = dataOf(req, origin);
  if (Object.keys(data).length > 0) rim.take({ type: 'dataSet', callId, data, by: 'network' });
  if (agentId === null) void proveCaller(rim, callId, req.get('Identity'), { caller: caller.number, callee: callee.number });
}

/** What the network tells beside the numbers becomes data of the call. */
function dataOf(req: SipRequest, { divertedFrom }: Origin): CallData {
  const uui = readUui(req.get('User-to-User'));
  return { ...(uui === null ? {} : { uui }), ...(divertedFrom === null ? {} : { diverted_from: divertedFrom }) };
}

/** Told when it is known, as data of the call: nobody is kept waiting for a certificate. */
async function proveCaller(rim: Rim, callId: CallId, identity: string | undefined, numbers: { caller: string; callee: string }): Promise<void> {
  if (rim.callerVerifier === null) return;
  const { verstat, attestation, doubt } = await rim.callerVerifier.verify(identity, numbers);
  const data = { verstat, ...(attestation === null ? {} : { attestation }), ...(doubt === null || doubt === 'absent' ? {} : { verstat_doubt: doubt }) };
  rim.take({ type: 'dataSet', callId, data, by: 'network' });
}

/**
 * A trunk is believed by its socket address; anybody else proves by digest whose phone it is. null = refused, and answered. No trunk speaks over
 * WebSocket: a browser on the machine of one is a browser.
 */
function originOf(rim: Rim, req: SipRequest, res: SipResponse): Origin | null {
  const trusted = isBrowser(req) ? null : rim.trunks.at(req.source_address, req.source_port);
  if (trusted !== null) return originAtTrunk(trusted, req, res);
  const from = parseSipUri(parseNameAddress(req.get('From') ?? '')?.uri ?? '');
  const known = rim.bindings.isKnownSource(sourceOf(req));
  // H2: whatever number a stranger tries, the answer is the same; who goes on trying is not even asked for a password any more.
  if (!known && rim.probes.blocks(req.source_address, rim.clock.now())) {
    res.send(403);
    return null;
  }
  const identity = rim.authenticator.identify(req, from?.host ?? '', known);
  if (identity.is === 'stranger') {
    if (!known) rim.probes.failed(req.source_address, rim.clock.now());
    res.send(identity.status, { headers: identity.headers });
    return null;
  }
  rim.probes.forgive(req.source_address);
  const { agentId, tenantId, username } = identity.account;
  const agent = rim.directory.agent(agentId);
  const number = agent?.number ?? username;
  return {
    trunk: 'phone',
    line: null,
    caller: { number, raw: number, ...(agent === null ? {} : { name: agent.name }) },
    tenantId,
    agentId,
    divertedFrom: null,
  };
}

const isBrowser = ({ protocol }: SipRequest): boolean => protocol === 'ws' || protocol === 'wss';

function originAtTrunk({ name, line }: Trusted, req: SipRequest, res: SipResponse): Origin | null {
  const configuration = line?.configuration;
  const areaCode = configuration?.format.areaCode ?? null;
  const dialling = areaCode === null ? {} : { areaCode };
  const caller = callerOf(req, dialling, configuration?.remotePartyId === true);
  if (configuration !== undefined && !fitsAny(configuration.callers, caller.number)) {
    res.send(403, { headers: { Reason: reasonHeader('not_allowed') } });
    return null;
  }
  if (line?.full === true) {
    res.send(503, { headers: { 'Retry-After': RETRY_AFTER_SECONDS } });
    return null;
  }
  const tenantId = configuration === undefined || configuration.shared ? null : configuration.tenantId;
  return { trunk: name, line, caller, tenantId, agentId: null, divertedFrom: divertedFrom(req, dialling) };
}

interface Wanted {
  tenantId: TenantId;
  dialled?: Dialled;
  flow?: string;
}

/**
 * A number of a tenant; from an agent's phone also the number of a colleague, or a number outside that a trunk takes. An agent reaches only
 * her own tenant. What she may dial outside is judged when it is dialled.
 */
function wantedOf(rim: Rim, { number, raw }: Party, { tenantId, agentId }: Origin): Wanted | null {
  const tenant = rim.directory.tenantOfNumber(number);
  const outside = agentId === null || tenantId === null ? null : destinationOf(raw, rim.trunks.dialling(tenantId));
  // H6: no number of the house stands before one for help.
  if (agentId !== null && tenantId !== null && outside?.kind === 'emergency')
    return { tenantId, dialled: { by: agentId, target: { kind: 'number', number: outside.number } } };
  if (agentId === null || tenantId === null)
    return tenant === null || (tenantId !== null && tenant.tenantId !== tenantId) ? null : { tenantId: tenant.tenantId, ...entered(rim, tenant, number) };
  if (tenant !== null) return tenant.tenantId === tenantId ? { tenantId, dialled: { by: agentId, target: null }, ...entered(rim, tenant, number) } : null;
  const colleague = rim.directory.agentByNumber(tenantId, number);
  if (colleague !== null) return { tenantId, dialled: { by: agentId, target: { kind: 'agent', agentId: colleague.agentId } } };
  if (outside === null || rim.trunks.routes(tenantId, outside).length === 0) return null;
  return { tenantId, dialled: { by: agentId, target: { kind: 'number', number: outside.number } } };
}

/** The flow of the number's own settings at this time of day, where it has any. */
function entered({ directory, clock }: Rim, { tenantId, hotlines = [] }: Tenant, number: string): { flow?: string } {
  const hotline = hotlines.find((one) => one.number === number);
  const flow = hotline === undefined ? null : entryOf(tenantId, hotline, directory.calendars(), clock.now()).flow;
  return flow === null ? {} : { flow };
}

/** A second call of an agent is there to be joined with her first: it lies in the same media group. */
const consultedFrom = (rim: Rim, agentId: AgentId | null): string | undefined =>
  agentId === null ? undefined : rim.legs.ofAgent(agentId).find((leg) => !leg.ended)?.mediaGroup;

/** What of an INVITE is read by its sender alone: keys in its SDP may be taken. */
const PRIVATE_PROTOCOLS: ReadonlySet<string> = new Set(['tls', 'wss']);

/** 200 with our SDP; then `legAnswered`, for a call without an offer only when its ACK brought the answer. */
export async function answer(rim: Rim, leg: Leg): Promise<void> {
  const progress = leg.progress;
  if (progress.at !== 'arriving') return;
  const { req, res } = progress;
  const line = rim.trunks.lineOf(leg.legId);
  const offer = descriptionIn(req);
  const opened = await openEndpoint(rim, leg, req.source_address, { offer, isPrivate: PRIVATE_PROTOCOLS.has(req.protocol.toLowerCase()) });
  if (opened === null) return;
  const { sdp } = opened;
  const answered = (error: SipFailure | null, dialog?: SipDialog): void => {
    if (dialog === undefined) {
      rim.log.debug({ err: error, legId: leg.legId }, 'the answer could not be sent');
      leg.end({ cause: 'sip_failure', by: 'server', q850: statusOfCause.sip_failure.q850 });
    } else if (leg.ended) endDialog(rim, line, dialog, reasonHeader('normal'));
    else {
      leg.joined(dialog, sdp);
      if (offer === '') whenAcknowledged(rim, leg, dialog);
      else leg.answered();
    }
  };
  rim.sip.createUAS(req, res, { localSdp: sdp, headers: { Allow: ALLOWED_METHODS, Supported: EXTENSIONS } }, guarded(rim, leg, answered));
}

function whenAcknowledged(rim: Rim, leg: Leg, dialog: SipDialog): void {
  let waiting = true;
  const acknowledged = (ack: SipRequest): void => {
    if (!waiting) return;
    waiting = false;
    leg.agree(descriptionIn(ack));
  };
  dialog.on('ack', guarded(rim, leg, acknowledged));
}
