/** A small OpenID provider on loopback: discovery, keys, authorization code with PKCE. It checks what a provider must, and can be told to answer wrongly. */
import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const CLIENT = { id: 'huawu', secret: 'a client secret' };

export interface IdentityProvider {
  issuer: string;
  client: typeof CLIENT;
  /** Who is signed in there. */
  claims: Record<string, unknown>;
  /** Put over what its ID token would say. */
  lies: Record<string, unknown>;
  /** Token requests that it refused, and why. */
  refused: string[];
  close(): void;
}

interface Granted {
  challenge: string;
  nonce: string;
  redirectUri: string;
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

export async function openIdentityProvider(): Promise<IdentityProvider> {
  // Not in this thread: a loop that stands still has the API refuse who asks.
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const granted = new Map<string, Granted>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: IdentityProvider = { issuer, client: CLIENT, claims: {}, lies: {}, refused: [], close: () => server.close() };

  const send = (response: ServerResponse, status: number, body: object): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  function idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    const said = { iss: issuer, aud: CLIENT.id, iat: now, exp: now + 300, nonce, ...provider.claims, ...provider.lies };
    const text = `${base64url({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${base64url(said)}`;
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
  }

  function authorize(asked: URLSearchParams, response: ServerResponse): void {
    if (asked.get('code_challenge_method') !== 'S256' || asked.get('response_type') !== 'code') {
      send(response, 400, { error: 'invalid_request' });
      return;
    }
    const code = randomBytes(16).toString('hex');
    const redirectUri = asked.get('redirect_uri') ?? '';
    granted.set(code, { challenge: asked.get('code_challenge') ?? '', nonce: asked.get('nonce') ?? '', redirectUri });
    response.writeHead(302, { location: `${redirectUri}?${new URLSearchParams({ code, state: asked.get('state') ?? '', iss: issuer })}` }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await bodyOf(request);
    const grant = granted.get(asked.get('code') ?? '');
    granted.delete(asked.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(asked.get('code_verifier') ?? '')
      .digest('base64url');
    const basic = `Basic ${Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret).replaceAll('%20', '+')}`).toString('base64')}`;
    const isClient = request.headers.authorization === basic || (asked.get('client_id') === CLIENT.id && asked.get('client_secret') === CLIENT.secret);
    const why =
      grant === undefined
        ? 'code'
        : grant.challenge !== challenge
          ? 'pkce'
          : grant.redirectUri !== asked.get('redirect_uri')
            ? 'redirect'
            : isClient
              ? null
              : 'client';
    if (why === null && grant !== undefined)
      return send(response, 200, { access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken(grant.nonce) });
    provider.refused.push(why ?? '');
    send(response, 400, { error: 'invalid_grant' });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer);
    if (url.pathname === '/.well-known/openid-configuration')
      return send(response, 200, {
        ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
        ...{ response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] },
        authorization_response_iss_parameter_supported: true,
      });
    if (url.pathname === '/jwks') return send(response, 200, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] });
    if (url.pathname === '/authorize') return authorize(url.searchParams, response);
    if (url.pathname === '/token') return token(request, response);
    send(response, 404, {});
  }
  return provider;
}
