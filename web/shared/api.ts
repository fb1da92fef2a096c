/** The few HTTP calls of the consoles. Every failure is a `Problem` whose `kind` names a sentence a person understands. */
export type ProblemKind = 'wrong' | 'tooMany' | 'offline' | 'server' | 'refused';

export interface Fault {
  at: string;
  message: string;
}

export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly detail: string;
  /** Field by field, as the API names them: `body.name`. */
  readonly errors: readonly Fault[];
  /** The row of the API's table of problems; '' where it was none. */
  readonly code: string;

  constructor(kind: ProblemKind, status: number, detail: string, errors: readonly Fault[] = [], code = '') {
    super(`${kind} (${status}) ${detail}`);
    this.kind = kind;
    this.status = status;
    this.detail = detail;
    this.errors = errors;
    this.code = code;
  }
}

const REQUEST_TIMEOUT_MS = 10_000;

const kindOf = (status: number): ProblemKind => {
  if (status === 401) return 'wrong';
  if (status === 429) return 'tooMany';
  return status >= 500 ? 'server' : 'refused';
};

/** Of an RFC 9457 problem document: what its first error says, or its `detail` (or `title`); '' when the answer was something else. */
export async function problemOf(response: Response): Promise<Problem> {
  const document = await response.json().then(
    (json: unknown) => (typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {}),
    () => ({}) as Record<string, unknown>,
  );
  const { errors: told, detail, title, code } = document;
  const errors = Array.isArray(told) ? (told as Partial<Fault>[]).filter((fault): fault is Fault => typeof fault.message === 'string') : [];
  const sentence = [errors[0]?.message, detail, title].find((text) => typeof text === 'string') ?? '';
  return new Problem(kindOf(response.status), response.status, String(sentence), errors, typeof code === 'string' ? code : '');
}

async function answerOf(path: string, init: RequestInit, timeoutMs: number): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    throw new Problem('offline', 0, '');
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function ask(path: string, init: RequestInit, timeoutMs = REQUEST_TIMEOUT_MS): Promise<unknown> {
  const response = await answerOf(path, init, timeoutMs);
  return response.status === 204 ? null : response.json();
}

export interface SignedIn {
  token: string;
  /** Nothing may be done with it but set up the second factor that the role must have. */
  limited: boolean;
}

/** The desk's token, for `hello` and for the API. `code`: of the second factor, once it was asked for. */
export async function signIn(username: string, password: string, code?: string): Promise<SignedIn> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await ask('/api/v1/sessions', { method: 'POST', headers, body: JSON.stringify({ username, password, code }) });
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string')
    return { token: answer.token, limited: 'limited' in answer && answer.limited === true };
  throw new Problem('server', 200, '');
}

/** Of an identity provider that may vouch for who signs in. */
export interface SignInWay {
  tenant: string;
  name: { zh: string; en: string };
}
export async function signInWays(): Promise<SignInWay[]> {
  const answer = (await ask('/api/v1/sign-in-ways', { headers: { accept: 'application/json' } })) as { items?: SignInWay[] };
  return answer.items ?? [];
}

/** By the code with which an identity provider has sent the browser back. */
export async function fetchSession(code: string): Promise<string> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = (await ask('/api/v1/oidc/sessions', { method: 'POST', headers, body: JSON.stringify({ code }) })) as { token: string };
  return answer.token;
}

/** Withdraws the token. */
export async function signOut(token: string): Promise<void> {
  await ask('/api/v1/sessions/current', { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
}

/** What `path` holds; the shapes are those of the API's documents. `timeoutMs`: of what takes long to count. */
export const get = <T>(token: string, path: string, timeoutMs?: number): Promise<T> =>
  ask(path, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } }, timeoutMs) as Promise<T>;

/** A file, by the name the server gives it. */
export async function getFile(token: string, path: string, timeoutMs: number): Promise<{ name: string; blob: Blob }> {
  const response = await answerOf(path, { headers: { authorization: `Bearer ${token}` } }, timeoutMs);
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'file';
  return { name, blob: await response.blob() };
}

/** Makes one of `path`, or has it done. */
export const post = <T>(token: string, path: string, body?: object): Promise<T> => send<T>(token, 'POST', path, body);

/** Changes what is named of it. */
export const patch = <T>(token: string, path: string, body: object): Promise<T> => send<T>(token, 'PATCH', path, body);

/** In place of what is there. */
export const put = <T>(token: string, path: string, body: object): Promise<T> => send<T>(token, 'PUT', path, body);

function send<T>(token: string, method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const sent = body === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return ask(path, { method, ...sent }) as Promise<T>;
}

export async function remove(token: string, path: string): Promise<void> {
  await ask(path, { method: 'DELETE', headers: { authorization: `Bearer ${token}`, accept: 'application/json' } });
}
