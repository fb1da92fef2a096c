/**
 * Requests of ours inside a call. A trunk may challenge them (RFC 3261 §22.2), and only the trunk that the leg goes over is answered, as itself: another
 * trunk, a phone, or somebody in between gets nothing, whatever realm it names (fault row D5).
 */
import { randomToken } from '../../../kernel/ids.ts';
import type { Rim } from '../rim.ts';
import type { RequestOptions, SipAgent, SipDialog, SipHeaders, SipRequest, SipResponse } from '../srf.ts';
import { authorizationFor, challengeFor } from './challenge.ts';
import type { TrunkLine } from './line.ts';

type Inside = Pick<RequestOptions, 'method' | 'headers' | 'body'>;
type Challenged = Pick<SipResponse, 'get' | 'source_address' | 'source_port' | 'protocol'>;
type Logged = Pick<Rim, 'warn'>;

/** Sends it, and once more with credentials where its trunk wants them. `done`: the final answer, null = it could not be sent. */
export function askInside(
  rim: Logged,
  line: TrunkLine | null,
  dialog: Pick<SipDialog, 'request'>,
  request: Inside,
  done: (res: SipResponse | null) => void = () => undefined,
): void {
  send(dialog, request, (res) => {
    const credentials = res !== null && (res.status === 401 || res.status === 407) ? credentialsFor(rim, line, res, res.req) : null;
    if (credentials === null) done(res);
    else send(dialog, { ...request, headers: { ...request.headers, ...credentials } }, done);
  });
}

function send(dialog: Pick<SipDialog, 'request'>, { headers = {}, ...rest }: Inside, done: (res: SipResponse | null) => void): void {
  try {
    dialog.request({ ...rest, headers: { ...headers } }, (_error, res) => {
      if (res === undefined) done(null);
      else if (res.status >= 200) done(res);
    });
  } catch {
    // srf throws when it holds no connection to the SIP server.
    done(null);
  }
}

/** BYE with a reason; that it cannot be delivered changes nothing for us. Resolves with its answer, null = there was none. */
export function endDialog(rim: Logged, line: TrunkLine | null, dialog: SipDialog, reason: string): Promise<SipResponse | null> {
  return new Promise((resolve) => {
    if (dialog.connected) askInside(rim, line, dialog, { method: 'BYE', headers: { Reason: reason } }, resolve);
    else resolve(null);
  });
}

/**
 * Our SIP server's own refresh of the session was challenged (told by an UPDATE that it made itself): refreshed again from here, with credentials, by
 * UPDATE where the trunk takes one, else by a re-INVITE that offers what was agreed last. Where it cannot be, the session runs out.
 */
export function refreshSession(rim: Logged, line: TrunkLine | null, dialog: SipDialog, challenge: SipRequest, localSdp: string): void {
  const updates = /\bUPDATE\b/i.test(challenge.get('Allow') ?? '');
  const method = updates ? 'UPDATE' : 'INVITE';
  const credentials = credentialsFor(rim, line, challenge, { method, uri: challenge.uri });
  if (credentials === null) return;
  const offer = updates ? { headers: credentials } : { headers: { ...credentials, 'Content-Type': 'application/sdp' }, body: localSdp };
  askInside(rim, line, dialog, { method, ...offer });
}

/**
 * Our SIP server's own BYE was challenged (told by a second BYE, with the challenge in it): sent again with the credentials of the trunk that it came from. Its leg is
 * over for us already, but not for a carrier, which would go on to bill it.
 */
export function endChallenged(rim: Logged, lines: Iterable<TrunkLine>, sip: Pick<SipAgent, 'request'>, bye: SipRequest): void {
  for (const line of lines) {
    if (line.login === null || !line.isFrom(bye)) continue;
    const credentials = credentialsFor(rim, line, bye, { method: 'BYE', uri: bye.uri });
    if (credentials === null) continue;
    const reason = bye.get('Reason');
    const headers = { ...credentials, ...(reason === undefined ? {} : { Reason: reason }) };
    sip.request({ method: 'BYE', uri: 'sip:placeholder', stackDialogId: bye.stackDialogId, headers }, (error) => {
      if (error !== null) rim.warn('a challenged BYE could not be sent again', { err: error, trunk: line.configuration.trunkId });
    });
    return;
  }
}

function credentialsFor(rim: Logged, line: TrunkLine | null, challenge: Challenged, request: { method: string; uri: string }): SipHeaders | null {
  if (line?.login == null) return null;
  const ofProxy = challenge.get('Proxy-Authenticate');
  const found = challengeFor(ofProxy ?? challenge.get('WWW-Authenticate') ?? '', line.login.realm);
  if (found === null || !line.isFrom(challenge)) {
    rim.warn('a challenge inside a call that is not its trunk’s was not answered', { trunk: line.configuration.trunkId, method: request.method });
    return null;
  }
  const value = authorizationFor(found, line.login, request, 1, randomToken(8));
  return { [ofProxy === undefined ? 'Authorization' : 'Proxy-Authorization']: value };
}
