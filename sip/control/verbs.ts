import type { Agent } from '../agent/agent.ts';
import type { Application } from '../agent/ledger.ts';
import { carryOutProxy } from './proxy-verb.ts';
import type { Routes } from './routes.ts';
import { NONE, type Preserved, parseSketch, type Sketch } from './sketch.ts';
import { dialogKept, dismissed, type Frame, fine, refused } from './wire.ts';

/** An application that can be shown the door. */
export interface Asker extends Application {
  /** Sends a last frame and closes. */
  dismiss(frame: Buffer): void;
}

/** What an authenticated application asks for; each frame is answered once. */
export function carryOut(routes: Routes, agent: Agent, app: Asker, frame: Frame, preserved: Preserved = NONE): void {
  const { id, verb, tokens } = frame;
  const method = (tokens[0] ?? '').toLowerCase();
  switch (verb) {
    case 'route':
      routes.add(method, app);
      app.deliver(fine(id));
      return;
    case 'remove_route':
      routes.remove(method, app);
      app.deliver(fine(id));
      return;
    case 'sip':
      carryOutSip(agent, app, frame, preserved);
      return;
    case 'dialogs':
      for (const kept of agent.dialogsOf(app)) app.deliver(dialogKept(id, kept));
      app.deliver(fine(id));
      return;
    case 'hang_up':
      agent.hangUpUnclaimed(app, tokens[0] ?? '');
      app.deliver(fine(id));
      return;
    case 'proxy':
      carryOutProxy(agent.proxy, app, frame, preserved);
      return;
    default:
      app.dismiss(dismissed(id, 'Unknown message type'));
      return;
  }
}

function carryOutSip(agent: Agent, app: Asker, { id, tokens, text }: Frame, preserved: Preserved): void {
  const [transaction = '', dialog = '', routeUrl = ''] = tokens;
  const sketch = parseSketch(text, preserved);
  if (typeof sketch === 'string') {
    app.deliver(refused(id, sketch));
    return;
  }
  if (sketch.start.kind === 'response') {
    if (transaction === '') {
      app.dismiss(dismissed(id, 'transaction id missing'));
      return;
    }
    agent.serverSide.answers.respond(app, id, sketch, transaction);
    return;
  }
  carryOutRequest(agent, app, id, sketch, { method: sketch.start.method, transaction, dialog, routeUrl });
  return;
}

function carryOutRequest(
  { clientSide }: Agent,
  app: Asker,
  id: string,
  sketch: Sketch,
  { method, transaction, dialog, routeUrl }: { method: string; transaction: string; dialog: string; routeUrl: string },
): void {
  // It names what it cancels by its transaction, inside a dialog too.
  if (method === 'CANCEL') {
    clientSide.cancel(app, id, sketch, transaction);
    return;
  }
  if (dialog !== '') {
    method === 'ACK' ? clientSide.sendAck(app, id, sketch, dialog) : clientSide.sendInside(app, id, sketch, dialog);
    return;
  }
  if (method === 'ACK' || method === 'PRACK' || method === 'BYE' || method === 'UPDATE') {
    app.deliver(refused(id, `Server error: unable to find dialog for ${method} without a dialog id`));
    return;
  }
  clientSide.sendOutside(app, id, sketch, routeUrl);
  return;
}
