import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { challengeOf, digestAlgorithms, ha1Of, parseCredentials, responseFits, responseOf } from '../../src/phone/digest.ts';

// RFC 7616 §3.9.1
const example = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  uri: '/dir/index.html',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};
const realm = 'http-auth@example.org';

describe('digest', () => {
  it('computes the MD5 response of RFC 7616 §3.9.1', () => {
    const ha1 = ha1Of('MD5', 'Mufasa', realm, 'Circle of Life');
    assert.equal(responseOf(ha1, 'GET', { ...example, algorithm: 'MD5' }), '8ca523f5e9506fed4657c9700eebdbec');
  });

  it('computes the SHA-256 response of RFC 7616 §3.9.1', () => {
    const ha1 = ha1Of('SHA-256', 'Mufasa', realm, 'Circle of Life');
    assert.equal(responseOf(ha1, 'GET', { ...example, algorithm: 'SHA-256' }), '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  });

  it('reads credentials with quoted commas and escapes, in any case and order', () => {
    const header =
      'digest nc=00000001, USERNAME="a\\"b, c", realm="huawu",qop=auth, cnonce="x", nonce="n", uri="sip:h;a=1,2", response="ab", algorithm=sha-256';
    const read = parseCredentials(header);
    assert.deepEqual(read, {
      ...{ username: 'a"b, c', realm: 'huawu', nonce: 'n', uri: 'sip:h;a=1,2', response: 'ab', algorithm: 'SHA-256', nc: '00000001', cnonce: 'x' },
    });
  });

  it('D4: takes a missing algorithm for MD5 and refuses auth-int, session algorithms, missing fields and other schemes', () => {
    const base = 'username="u", realm="r", nonce="n", uri="sip:h", response="ab", cnonce="x", nc=00000001';
    assert.equal(parseCredentials(`Digest ${base}, qop=auth`)?.algorithm, 'MD5');
    for (const broken of [
      `Digest ${base}, qop=auth-int`,
      `Digest ${base}`,
      `Digest ${base}, qop=auth, algorithm=MD5-sess`,
      `Digest ${base.replace('nc=00000001', 'nc=1')}, qop=auth`,
      `Digest ${base.replace('username="u", ', '')}, qop=auth`,
      `Basic ${base}, qop=auth`,
      `Digest ${base}, qop=auth, ${'x'.repeat(5000)}=1`,
      'Digest ,,,=',
    ])
      assert.equal(parseCredentials(broken), null, broken.slice(0, 60));
  });

  it('knows a right from a wrong response, whatever its length and case', () => {
    const ha1 = ha1Of('MD5', 'u', 'r', 'p');
    const right = responseOf(ha1, 'REGISTER', { ...example, algorithm: 'MD5' });
    const credentials = { ...example, algorithm: 'MD5' as const, username: 'u', realm: 'r' };
    assert.equal(responseFits(ha1, 'REGISTER', { ...credentials, response: right.toUpperCase() }), true);
    assert.equal(responseFits(ha1, 'INVITE', { ...credentials, response: right }), false);
    assert.equal(responseFits(ha1, 'REGISTER', { ...credentials, response: right.slice(1) }), false);
  });

  it('challenges with the strongest algorithm first and says stale only when it is', () => {
    assert.deepEqual(digestAlgorithms, ['SHA-256', 'MD5']);
    assert.equal(challengeOf('MD5', 'huawu', 'n', false), 'Digest realm="huawu", nonce="n", algorithm=MD5, qop="auth"');
    assert.match(challengeOf('MD5', 'huawu', 'n', true), /stale=true/);
  });
});
