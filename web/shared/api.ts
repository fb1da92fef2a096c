/** The few HTTP calls of the consoles. Every failure is a `Problem` whose `kind` names a sentence a person understands. */
export type ProblemKind = 'wrong' | 'tooMany' | 'offline' | 'server' | 'refused';

export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly detail: string;

  constructor(kind: ProblemKind, status: number, detail: string) {
    super(`${kind} (${status}) ${detail}`);
    this.kind = kind;
    this.status = status;
    this.detail = detail;
  }
}

const REQUEST_TIMEOUT_MS = 10_000;

const kindOf = (status: number): ProblemKind => {
  if (status === 401) return 'wrong';
  if (status === 429) return 'tooMany';
  return status >= 500 ? 'server' : 'refused';
};

/** What the first error says, or the `detail` (or `title`), of an RFC 9457 problem document, '' when the answer was something else. */
async function detailOf(response: Response): Promise<string> {
  try {
    const document: unknown = await response.json();
    if (typeof document !== 'object' || document === null) return '';
    const [fault] = 'errors' in document && Array.isArray(document.errors) ? (document.errors as { message?: unknown }[]) : [];
    if (typeof fault?.message === 'string') return fault.message;
    if ('detail' in document && typeof document.detail === 'string') return document.detail;
    return 'title' in document && typeof document.title === 'string' ? document.title : '';
  } catch {
    return '';
  }
}

async function ask(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  } catch {
    throw new Problem('offline', 0, '');
  }
  if (!response.ok) throw new Problem(kindOf(response.status), response.status, await detailOf(response));
  return response.status === 204 ? null : response.json();
}

/** The desk's token, for `hello` and for the API. */
export async function signIn(username: string, password: string): Promise<string> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await ask('/api/v1/sessions', { method: 'POST', headers, body: JSON.stringify({ username, password }) });
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string') return answer.token;
  throw new Problem('server', 200, '');
}

/** Withdraws the token. */
export async function signOut(token: string): Promise<void> {
  await ask('/api/v1/sessions/current', { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
}

/** What `path` holds; the shapes are those of the API's documents. */
export const get = <T>(token: string, path: string): Promise<T> =>
  ask(path, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } }) as Promise<T>;

/** Makes one of `path`, or has it done. */
export const post = <T>(token: string, path: string, body?: object): Promise<T> => {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const sent = body === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return ask(path, { method: 'POST', ...sent }) as Promise<T>;
};

export async function remove(token: string, path: string): Promise<void> {
  await ask(path, { method: 'DELETE', headers: { authorization: `Bearer ${token}`, accept: 'application/json' } });
}
