import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseFlags, readSettingsFile, SettingsReader } from '../../kernel/settings.ts';
import { ConfigError, readConfig } from '../../src/config.ts';

describe('settings', () => {
  test('flags win over the environment, the environment over the file, the file over the default', () => {
    const of = (flags: object, env: object, file: object): number =>
      new SettingsReader({ flags: flags as never, env: env as never, file: file as never }).integer('SIP_PORT', 5060, 1, 65_535);
    assert.equal(of({ SIP_PORT: '1' }, { SIP_PORT: '2' }, { SIP_PORT: 3 }), 1);
    assert.equal(of({}, { SIP_PORT: '2' }, { SIP_PORT: 3 }), 2);
    assert.equal(of({}, { SIP_PORT: '' }, { SIP_PORT: 3 }), 3);
    assert.equal(of({}, {}, {}), 5060);
  });

  test('every fault is named with its value and how to mend it, not only the first', () => {
    const env = { SIP_PORT: '70000', LOG_LEVEL: 'loud', RTP_PORT_MIN: '30000', RTP_PORT_MAX: '20000', DRACHTIO_URL: 'http://x' };
    assert.throws(
      () => readConfig([], env),
      (error: ConfigError) => {
        assert.ok(error instanceof ConfigError);
        for (const name of [
          'SIP_PORT is "70000"',
          'LOG_LEVEL is "loud"',
          'RTP_PORT_MAX is 20000',
          'DRACHTIO_URL is "http://x"',
          'DRACHTIO_SECRET is missing',
        ]) {
          assert.ok(
            error.faults.some((fault) => fault.startsWith(name)),
            name,
          );
        }
        return true;
      },
    );
  });

  test('who speaks texts is chosen by TTS: espeak-ng where it is in PATH, nobody else unless named, and a token goes to no other machine in the clear', () => {
    const faultsOf = (env: Record<string, string>): string[] => {
      try {
        readConfig([], { PATH: '/nowhere', DRACHTIO_SECRET: 'x'.repeat(24), ...env });
        return [];
      } catch (error) {
        return (error as ConfigError).faults;
      }
    };
    const setting = (env: Record<string, string>): unknown => readConfig([], { PATH: '/nowhere', DRACHTIO_SECRET: 'x'.repeat(24), ...env }).tts;
    assert.deepEqual(setting({}), { kind: 'off' });
    const folder = mkdtempSync(join(tmpdir(), 'huawu-path-'));
    writeFileSync(join(folder, 'espeak-ng'), '');
    assert.deepEqual(setting({ PATH: `/nowhere:${folder}` }), { kind: 'espeak', program: join(folder, 'espeak-ng') });
    assert.deepEqual(setting({ PATH: folder, TTS: 'off' }), { kind: 'off' });
    rmSync(folder, { recursive: true });
    const url = 'http://127.0.0.1:5000/speak';
    assert.deepEqual(setting({ TTS: 'http', TTS_URL: url, TTS_TOKEN: 't' }), { kind: 'http', url, token: 't' });
    assert.match(faultsOf({ TTS: 'espeak' }).join(), /^TTS is "espeak", but there is no espeak-ng in PATH/);
    assert.match(faultsOf({ TTS: 'http' }).join(), /^TTS is "http" and TTS_URL is ""/);
    assert.match(faultsOf({ TTS: 'http', TTS_URL: 'http://tts.example.com/', TTS_TOKEN: 't' }).join(), /^TTS_URL .* by https only$/);
    assert.deepEqual(faultsOf({ TTS: 'http', TTS_URL: 'http://tts.example.com/' }), []);
  });

  test('G6: whose pages may open desks is said origin by origin; anything wider is a fault', () => {
    assert.deepEqual(readConfig([], { CTI_ORIGINS: 'https://crm.example.com,http://localhost:3000' }).ctiOrigins, [
      'https://crm.example.com',
      'http://localhost:3000',
    ]);
    for (const wide of ['*', 'crm.example.com', 'https://crm.example.com/', 'https://*.example.com/x', 'file:///x', 'null'])
      assert.throws(
        () => readConfig([], { CTI_ORIGINS: wide }),
        (error: ConfigError) => error.faults.some((fault) => fault.startsWith(`CTI_ORIGINS has "${wide}"`)),
        wide,
      );
  });

  test('a secret file that cannot be read is a fault, not an empty secret', () => {
    const reader = new SettingsReader({ flags: {}, env: { DEMO_PASSWORD_FILE: '/does/not/exist' }, file: {} });
    assert.equal(reader.secret('DEMO_PASSWORD'), undefined);
    assert.match(reader.faults[0] ?? '', /DEMO_PASSWORD_FILE/);
  });

  test('flags are read with and without =, and words stay words', () => {
    assert.deepEqual(parseFlags(['check', '--sip-port', '5070', '--print', '--log-level=debug', '--once']), {
      flags: { SIP_PORT: '5070', PRINT: 'true', LOG_LEVEL: 'debug', ONCE: 'true' },
      words: ['check'],
    });
  });

  test('a configuration file that is not there is an empty one', () => {
    const faults: string[] = [];
    assert.deepEqual(readSettingsFile('/does/not/exist.yaml', faults), {});
    assert.deepEqual(faults, []);
  });
});
