/** The way that the sound of a call goes: whether it still stands, and another in the same dialog. */
import { type Session, Web } from 'sip.js';
import { browserClock } from '../../shared/clock.ts';

/** Sound that does not flow by then will not come by this restart. */
const RESTART_WITHIN_MS = 6_000;

export function connectionOf({ sessionDescriptionHandler }: Session): RTCPeerConnection | undefined {
  return sessionDescriptionHandler instanceof Web.SessionDescriptionHandler ? sessionDescriptionHandler.peerConnection : undefined;
}

export function isCutOff(session: Session): boolean {
  const state = connectionOf(session)?.connectionState;
  return state === 'failed' || state === 'closed' || state === 'disconnected';
}

/** RFC 8445 §9: new credentials in a re-INVITE; by its old way, where there still is one, sound goes on until a new one is found. Resolves with whether it flows. */
export async function restartIce(session: Session): Promise<boolean> {
  const connection = connectionOf(session);
  if (connection === undefined) return false;
  const flows = (): boolean => connection.connectionState === 'connected';
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      connection.removeEventListener('connectionstatechange', changed);
      resolve();
    };
    const changed = (): void => {
      if (flows()) end();
    };
    const cancel = browserClock.after(RESTART_WITHIN_MS, end);
    connection.addEventListener('connectionstatechange', changed);
    const sessionDescriptionHandlerOptions: Web.SessionDescriptionHandlerOptions = { offerOptions: { iceRestart: true } };
    // Taken while sound goes by its old way, there is no change of state to wait for: should the new way fail, that is one.
    session.invite({ sessionDescriptionHandlerOptions, requestDelegate: { onAccept: changed, onReject: end } }).catch(end);
  });
  // Else every answer from now on would wait for candidates that never come.
  session.sessionDescriptionHandlerOptionsReInvite = {};
  return flows();
}
