import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, chooseServer } from '../../src/sound/choose.ts';

const able = { codecs: ['PCMA/8000'], record: true, mix: true, webrtc: true };
const relay = { ...able, record: false, mix: false, webrtc: false };
const report = { endpoints: 0, workers: 1, lagMs: 1, cpuPercent: 5, moved: 0, draining: false };
type Named = Candidate & { name: string };
const server = (name: string, changes: Partial<Candidate> = {}): Named => ({ name, connected: true, capabilities: able, report, endpoints: 0, ...changes });

const rows: { what: string; servers: Named[]; needs?: Parameters<typeof chooseServer>[1]; chosen: string | null }[] = [
  { what: 'nobody is there', servers: [], chosen: null },
  { what: 'the emptier', servers: [server('a', { endpoints: 4 }), server('b', { endpoints: 2 })], chosen: 'b' },
  { what: 'the emptier by worker', servers: [server('a', { endpoints: 6, report: { ...report, workers: 4 } }), server('b', { endpoints: 2 })], chosen: 'a' },
  { what: 'one that is not connected takes nothing', servers: [server('a', { connected: false }), server('b', { endpoints: 9 })], chosen: 'b' },
  { what: 'one that has not said what it can do takes nothing', servers: [server('a', { capabilities: null })], chosen: null },
  { what: 'one that drains takes nothing', servers: [server('a', { report: { ...report, draining: true } }), server('b', { endpoints: 9 })], chosen: 'b' },
  { what: 'one that lags is the last resort', servers: [server('a', { report: { ...report, lagMs: 80 } }), server('b', { endpoints: 9 })], chosen: 'b' },
  { what: 'rather late than never', servers: [server('a', { report: { ...report, lagMs: 80 } })], chosen: 'a' },
  { what: 'the idler by CPU, before endpoints', servers: [server('a', { report: { ...report, cpuPercent: 70 } }), server('b', { endpoints: 9 })], chosen: 'b' },
  { what: 'a little more CPU does not matter', servers: [server('a', { report: { ...report, cpuPercent: 12 } }), server('b', { endpoints: 9 })], chosen: 'a' },
  { what: 'who can only relay is not given a hotline’s call', servers: [server('a', { capabilities: relay }), server('b', { endpoints: 9 })], chosen: 'b' },
  { what: 'unless nobody else is there', servers: [server('a', { capabilities: relay })], chosen: 'a' },
  { what: 'a browser only goes where it is understood', servers: [server('a', { capabilities: relay })], needs: ['webrtc'], chosen: null },
  { what: 'before the first report it may be chosen', servers: [server('a', { report: null })], chosen: 'a' },
];

for (const { what, servers, needs = [], chosen } of rows)
  test(`the media server of a call: ${what}`, () => {
    assert.equal(chooseServer(servers, needs)?.name ?? null, chosen);
  });
