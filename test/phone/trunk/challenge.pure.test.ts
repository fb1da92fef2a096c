import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { ha1Of } from '../../../src/phone/digest.ts';
import { authorizationFor, challengeFor } from '../../../src/phone/trunk/challenge.ts';

const login = (username: string, realm: string, password: string) => ({
  ...{ username, realm },
  secret: { ha1Md5: ha1Of('MD5', username, realm, password), ha1Sha256: ha1Of('SHA-256', username, realm, password) },
});
const responseIn = (authorization: string): string => /response="([0-9a-f]+)"/.exec(authorization)?.[1] ?? '';

describe("a trunk's challenge", () => {
  it('is answered as the examples of RFC 7616 §3.9.1 say, MD5 and SHA-256', () => {
    const realm = 'http-auth@example.org';
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const opaque = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
    const request = { method: 'GET', uri: '/dir/index.html' };
    const answerTo = (algorithm: string): string => {
      const challenge = challengeFor(`Digest realm="${realm}", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="${opaque}"`, realm);
      assert.ok(challenge);
      return authorizationFor(challenge, login('Mufasa', realm, 'Circle of Life'), request, 1, cnonce);
    };
    assert.equal(responseIn(answerTo('SHA-256')), '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
    assert.equal(responseIn(answerTo('MD5')), '8ca523f5e9506fed4657c9700eebdbec');
    assert.match(answerTo('MD5'), /nc=00000001.*opaque="FQhe/);
  });

  it('takes SHA-256 where both are offered, in one header or in two joined by a comma, whatever the order', () => {
    for (const header of [
      'Digest realm="r", nonce="a", algorithm=MD5, qop="auth",Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth"',
      'Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth", Digest realm="r", nonce="a", algorithm=MD5, qop="auth"',
    ])
      assert.deepEqual(challengeFor(header, 'r'), { realm: 'r', nonce: 'b', algorithm: 'SHA-256', qop: true, opaque: null });
  });

  it('without qop is answered the old way (RFC 2069)', () => {
    const challenge = challengeFor('DIGEST realm=r,nonce="n"', 'r');
    assert.deepEqual(challenge, { realm: 'r', nonce: 'n', algorithm: 'MD5', qop: false, opaque: null });
    const hash = (text: string): string => createHash('md5').update(text).digest('hex');
    const answer = authorizationFor(challenge, login('u', 'r', 'p'), { method: 'INVITE', uri: 'sip:1@x' }, 1, 'c');
    assert.equal(responseIn(answer), hash(`${hash('u:r:p')}:n:${hash('INVITE:sip:1@x')}`));
    assert.doesNotMatch(answer, /qop|cnonce/);
  });

  const unanswered: [string, string][] = [
    ['D5: of another realm', 'Digest realm="evil", nonce="n", qop="auth"'],
    ['D5: of the realm in other letters', 'Digest realm="R", nonce="n", qop="auth"'],
    ['of another scheme', 'Bearer realm="r", nonce="n"'],
    ['of an algorithm we do not know', 'Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"'],
    ['that wants the body protected', 'Digest realm="r", nonce="n", qop="auth-int"'],
    ['without a nonce', 'Digest realm="r"'],
    ['that is empty', ''],
    ['that is too long', `Digest realm="r", nonce="${'n'.repeat(9_000)}"`],
  ];
  for (const [what, header] of unanswered) it(`${what} has no answer`, () => assert.equal(challengeFor(header, 'r'), null));
});
