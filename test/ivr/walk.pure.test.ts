import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AgentId, asId, legIdOf } from '../../kernel/ids.ts';
import { createIvr } from '../../src/ivr/walk.ts';
import { type Caller, Caller as CallerOf, callerIn, card, ivrWith, planOf, TENANT } from './walking.ts';

/** One flow `main` under 100, with an agent flow to fall back on. */
const flow = (steps: string, more = ''): string => `agentFlow: agent
numbers: { '100': main, '200': other }
languages: [zh, en]
flows:
  agent:
    - queue: agent
  other:
    - echo
  main:
${steps
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
${more}`;
const inFlow = (steps: string, more = ''): Caller => callerIn(flow(steps, more));
const toAgent = ['at agent/queue:agent', 'queued t:agent 0'];

describe('a call that comes in', () => {
  it('is answered, greeted and led on', () => {
    const caller = inFlow('- answer\n- play: hello\n- hangup');
    assert.deepEqual(caller.arrive('100'), ['answer']);
    assert.deepEqual(caller.answered(), ['play hello']);
    assert.deepEqual(caller.heard(), ['release dialplan_end']);
  });

  it('is refused as not found when nobody has its number', () => assert.deepEqual(inFlow('- hangup').arrive('999'), ['release not_found']));
  it('is not mistaken for a property of every object', () => assert.deepEqual(inFlow('- hangup').arrive('constructor'), ['release not_found']));
  it('ends as our own failure when its tenant has no dialplan', () => assert.deepEqual(new CallerOf(ivrWith()).arrive('100'), ['release internal']));
  it('is answered by the first step that needs the line, if no step says so', () => assert.deepEqual(inFlow('- queue: service').arrive('100'), ['answer']));
  it('may be turned away without being answered', () => assert.deepEqual(inFlow('- hangup').arrive('100'), ['release dialplan_end']));
  it('ends when its flow does', () => assert.deepEqual(inFlow('- answer').dial('100'), ['answer', 'release dialplan_end']));

  it('enters the flow of its number’s own settings; one the version does not have leaves it to the dialplan', () => {
    for (const [entry, did] of [
      ['other', ['answer']],
      ['nowhere', ['release dialplan_end']],
    ] as const) {
      const caller = inFlow('- hangup');
      const { callId, legId } = caller;
      const party = { number: '100', raw: '' };
      caller.tell({ type: 'callArrived', callId, legId, tenantId: TENANT, caller: party, callee: party, trunk: '', sipCallId: '', flow: entry });
      assert.deepEqual(caller.tell({ type: 'customerFound', callId, customer: null, authLevel: 0 }), did, entry);
    }
  });

  it('begins without its card when the card does not come', () => {
    const caller = inFlow('- queue: service');
    const { callId, legId } = caller;
    const party = { number: '100', raw: '' };
    caller.tell({ type: 'callArrived', callId, legId, tenantId: TENANT, caller: party, callee: party, trunk: '', sipCallId: '' });
    assert.equal(caller.wakeAt, caller.now + 5000);
    caller.now += 5000;
    assert.deepEqual(caller.tell({ type: 'timePassed' }), ['answer']);
    assert.deepEqual(caller.tell({ type: 'customerFound', callId, customer: null, authLevel: 0 }), [], 'a late card changes nothing');
  });

  it('keeps the version it began with; the next call takes the new one', () => {
    const ivr = ivrWith(planOf(flow('- play: { prompt: hello, bargeIn: false }\n- play: bye'), 't@1'));
    const [first, second] = [new CallerOf(ivr, 'c1'), new CallerOf(ivr, 'c2')];
    first.dial('100');
    const plan = planOf(flow('- hangup'), 't@2');
    first.tell({ type: 'dialplanPublished', tenantId: plan.tenantId, version: plan.version, plan } as never);
    assert.deepEqual(first.heard(), ['play bye']);
    assert.deepEqual(second.dial('100'), ['release dialplan_end']);
    assert.deepEqual(
      [...ivr.versionsInUse()],
      [
        ['t@1', 1],
        ['t@2', 1],
      ],
    );
  });
});

describe('the language', () => {
  it('is the customer’s where the dialplan speaks it', () =>
    assert.deepEqual(
      inFlow('- play: hello')
        .dial('100', card({ language: 'en' }))
        .at(-1),
      'play en:hello',
    ));
  it('is the dialplan’s where it does not speak the customer’s, and the call is told', () => {
    const caller = callerIn("numbers: { '100': main }\nflows:\n  main:\n    - play: hello\n");
    assert.deepEqual(caller.dial('100', card({ language: 'en' })), ['language zh', 'answer', 'play hello']);
  });
  it('changes from the step on', () => {
    const words = inFlow('- play: hello\n- language: en\n- play: hello').dial('100');
    assert.deepEqual(words, ['answer', 'language en', 'play hello,en:hello']);
  });
});

describe('prompts', () => {
  it('that may be cut short are played in one go with the question they lead to', () => {
    const caller = inFlow("- play: hello\n- set: { a: b }\n- menu: { prompt: ask, keys: { '1': other } }");
    assert.deepEqual(caller.dial('100'), ['answer', 'set a=b', 'at main/menu', 'ask hello,ask']);
  });
  it('that must be heard are played by themselves, after what came before', () => {
    const caller = inFlow("- play: hello\n- play: { prompt: bye, bargeIn: false }\n- menu: { prompt: ask, keys: { '1': other } }");
    assert.deepEqual(caller.dial('100').slice(1), ['play hello']);
    assert.deepEqual(caller.heard(), ['play whole bye']);
    assert.deepEqual(caller.heard(), ['at main/menu', 'ask ask']);
  });
  it('are heard before the queue', () => {
    const caller = inFlow('- play: hello\n- queue: service');
    assert.deepEqual(caller.dial('100').slice(1), ['play hello']);
    assert.deepEqual(caller.heard(), ['at main/queue:service', 'queued t:service 0']);
  });
  it('that fail to play hold nobody up', () => {
    const caller = inFlow('- play: hello\n- queue: service');
    caller.dial('100');
    assert.deepEqual(caller.heard('failed'), ['at main/queue:service', 'queued t:service 0']);
  });
  it('whose end is never told are given up after ten minutes', () => {
    const caller = inFlow('- play: hello\n- queue: service');
    caller.dial('100');
    caller.now += 600_000;
    assert.deepEqual(caller.tell({ type: 'timePassed' }), ['at main/queue:service', 'queued t:service 0']);
  });
  it('say values in the caller’s language, and leave out what has none', () => {
    const parts = '[hello, { money: values.balanceFen }, { number: values.nothing }, { digits: callee }, bye]';
    const caller = inFlow(`- answer\n- lookup: balance\n- say: ${parts}`);
    caller.dial('100', card({ language: 'en' }));
    const spoken = 'at main/say,play en:hello,en:digit-2,en:yuan,en:and,en:digit-5,en:fen,en:digit-1,en:digit-0,en:digit-0,en:bye';
    assert.equal(caller.lookedUp({ balanceFen: '205' }).join(), spoken);
  });
  it('read a list as label and amount, and leave out labels that were never recorded', () => {
    const caller = inFlow('- answer\n- lookup: bill\n- say: { list: bill }');
    caller.dial('100', card());
    const values = {
      'bill.1.label': 'item-a',
      'bill.1.fen': '200',
      'bill.2.label': '../../etc/passwd',
      'bill.2.fen': '1',
      'bill.3.label': 'item-b',
      'bill.3.fen': '50',
    };
    assert.deepEqual(caller.lookedUp(values), ['at main/say', 'play item-a,liang,yuan,digit-1,fen,item-b,digit-5,jiao']);
  });
});

const MENU = "- menu:\n    prompt: ask\n    errorPrompt: wrong\n    silencePrompt: silence\n    keys:\n      '1': other\n      '2': second";
const SECOND = "  second:\n    - menu: { prompt: bye, keys: { '1': other, '9': other }, otherwise: other, errors: 1, silences: 1 }\n";
const atMenu = (): Caller => {
  const caller = inFlow(MENU, SECOND);
  caller.dial('100');
  return caller;
};

describe('a text', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own ${…}
  const text = "{ text: { zh: '您好，${data.who}。', en: 'Hello, ${data.who}.' }, fallback: hello }";

  it('is spoken in the caller’s language, with the values of the moment, among the other sounds', () => {
    const steps = `- set: { who: Li }\n- say: [bye, ${text}]\n- hangup`;
    assert.equal(inFlow(steps).dial('100').at(-1), 'play bye,“您好，Li。” or hello');
    assert.equal(
      inFlow(steps)
        .dial('100', card({ language: 'en' }))
        .at(-1),
      'play en:bye,en:“Hello, Li.” or hello',
    );
  });

  it('may be a question, and be whole or not at all', () => {
    assert.equal(inFlow(`- menu: { prompt: ${text}, keys: { '1': other } }`).dial('100').at(-1), 'ask “您好，。” or hello');
    assert.equal(inFlow('- say: { prompt: { text: { zh: a, en: b } }, bargeIn: false }').dial('100').at(-1), 'play whole “a”');
  });

  it('of which nothing is left is left out', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
    assert.deepEqual(inFlow("- say: { text: { zh: '${data.nobody}', en: x } }\n- hangup").dial('100').at(-1), 'release dialplan_end');
  });
});

describe('a menu', () => {
  it('leads where its key says', () => assert.deepEqual(atMenu().keys('1'), ['at other/echo', 'echo']));
  it('gives 0 to an agent, whatever its own keys', () => assert.deepEqual(atMenu().keys('0'), toAgent));
  it('says itself again on 9, as often as asked', () => {
    const caller = atMenu();
    for (let times = 0; times < 10; times += 1) assert.deepEqual(caller.keys('9'), ['ask ask']);
  });
  it('goes back on * to the menu before, and there is none before the first', () => {
    const caller = atMenu();
    assert.deepEqual(caller.keys('2'), ['at second/menu', 'ask bye']);
    assert.deepEqual(caller.keys('*'), ['at main/menu', 'ask ask']);
    assert.deepEqual(caller.keys('*'), ['ask ask']);
  });
  it('puts its own keys before what keys mean everywhere', () => {
    const caller = atMenu();
    caller.keys('2');
    assert.deepEqual(caller.keys('9'), ['at other/echo', 'echo']);
  });
  it('leads to an agent after three wrong keys', () => {
    const caller = atMenu();
    assert.deepEqual(caller.keys('5'), ['ask wrong,ask']);
    assert.deepEqual(caller.keys('#'), ['ask wrong,ask']);
    assert.deepEqual(caller.keys('7'), toAgent);
  });
  it('leads to an agent after two silences in a row', () => {
    const caller = atMenu();
    assert.deepEqual(caller.keys(''), ['ask silence,ask']);
    assert.deepEqual(caller.keys('5'), ['ask wrong,ask'], 'a key in between shows that she is there');
    assert.deepEqual(caller.keys(''), ['ask silence,ask']);
    assert.deepEqual(caller.keys(''), toAgent);
  });
  it('may have its own patience and its own way out', () => {
    const caller = atMenu();
    caller.keys('2');
    assert.deepEqual(caller.keys('5'), ['at other/echo', 'echo']);
  });
  it('leads on when the sound fails, so that nobody is stuck', () => assert.deepEqual(atMenu().keys('', 'failed'), toAgent));
  it('can have other keys for the same customs, or none', () => {
    const caller = callerIn(flow(MENU, SECOND).replace('languages:', "keys: { agent: '8', back: null, repeat: '*' }\nlanguages:"));
    caller.dial('100');
    assert.deepEqual(caller.keys('*'), ['ask ask']);
    assert.deepEqual(caller.keys('0'), ['ask wrong,ask']);
    assert.deepEqual(caller.keys('8'), toAgent);
  });
  it('asks nobody for ever: after two thousand steps the call is over', () => {
    const caller = atMenu();
    let turns = 0;
    while (caller.state === 'asking' && turns < 5000) {
      caller.keys(turns % 2 === 0 ? '2' : '*');
      turns += 1;
    }
    assert.equal(caller.commands.at(-1)?.type, 'releaseLeg');
    assert.ok(turns < 2000, `${turns} turns`);
  });
  it('asks nobody to repeat for ever', () => {
    const caller = atMenu();
    for (let turns = 0; turns < 2100 && caller.state === 'asking'; turns += 1) caller.keys('9');
    assert.equal(caller.state, 'over');
  });
});

const COLLECT = '- collect: { prompt: ask, into: phone, least: 4, most: 11, errorPrompt: wrong, silencePrompt: silence }\n- goto: other';
const asked = (): Caller => {
  const caller = inFlow(COLLECT);
  caller.dial('100');
  return caller;
};

describe('collect', () => {
  it('keeps what was keyed in with the call', () => assert.deepEqual(asked().keys('13800001001'), ['set phone=13800001001', 'at other/echo', 'echo']));
  it('takes fewer keys when # ended them or time did', () => {
    assert.deepEqual(asked().keys('10086', 'finish_key')[0], 'set phone=10086');
    assert.deepEqual(asked().keys('10086', 'timeout')[0], 'set phone=10086');
  });
  it('asks again for too few, three times', () => {
    const caller = asked();
    assert.deepEqual(caller.keys('12', 'timeout'), ['ask wrong,ask']);
    assert.deepEqual(caller.keys('', 'finish_key'), ['ask wrong,ask']);
    assert.deepEqual(caller.keys('1*345', 'finish_key'), toAgent);
  });
  it('asks again after silence, twice', () => {
    const caller = asked();
    assert.deepEqual(caller.keys(''), ['ask silence,ask']);
    assert.deepEqual(caller.keys(''), toAgent);
  });
  it('gives 0# to an agent and * back', () => {
    assert.deepEqual(asked().keys('0', 'finish_key'), toAgent);
    assert.deepEqual(asked().keys('*', 'finish_key'), ['ask ask']);
  });
});

const SECRET = '- authenticate: { prompt: ask, wrongPrompt: wrong, otherwise: other, locked: agent }\n- hangup';
const secret = (): Caller => {
  const caller = inFlow(SECRET);
  caller.dial('100', card());
  return caller;
};

describe('authenticate', () => {
  it('asks through its own command, so that no digit comes by here', () => {
    const caller = secret();
    const command = caller.commands.at(-1);
    assert.ok(command?.type === 'authenticate');
    assert.deepEqual(command.collecting, { least: 6, most: 6, finishKey: '#', firstKeyMs: 5000, betweenKeysMs: 3000 });
  });
  it('goes on when the password is right', () => assert.deepEqual(secret().authenticated('ok'), ['release dialplan_end']));
  it('lets try three times', () => {
    const caller = secret();
    assert.deepEqual(caller.authenticated('wrong'), ['ask secretly wrong,ask']);
    assert.deepEqual(caller.authenticated('wrong'), ['ask secretly wrong,ask']);
    assert.deepEqual(caller.authenticated('wrong'), ['at other/echo', 'echo']);
  });
  it('asks again after one silence only', () => {
    const caller = secret();
    assert.deepEqual(caller.authenticated('no_input'), ['ask secretly ask']);
    assert.deepEqual(caller.authenticated('no_input'), ['at other/echo', 'echo']);
  });
  it('leads a locked customer elsewhere at once', () => assert.deepEqual(secret().authenticated('locked'), toAgent));
  it('leads on when it cannot be checked', () => assert.deepEqual(secret().authenticated('unavailable'), ['at other/echo', 'echo']));
  it('asks nobody we do not know', () => assert.deepEqual(inFlow(SECRET).dial('100'), ['answer', 'at main/authenticate', 'at other/echo', 'echo']));
  it('asks nobody twice', () => {
    const caller = inFlow('- authenticate: { prompt: ask, otherwise: other }\n- authenticate: { prompt: ask, otherwise: other }\n- hangup');
    caller.dial('100', card());
    assert.deepEqual(caller.authenticated('ok'), ['at main/authenticate', 'release dialplan_end']);
  });
});

describe('lookup', () => {
  const looking = (): Caller => {
    const caller = inFlow(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own ${…}
      "- answer\n- lookup: { what: balance, arguments: { month: 'm${callee}' }, otherwise: other }\n- when: int(values.balanceFen) > 100\n  then: agent\n- hangup",
    );
    caller.dial('100', card());
    return caller;
  };
  it('says who asks and what', () => {
    const command = looking().commands.at(-1);
    assert.ok(command?.type === 'lookUp');
    assert.deepEqual([command.what, command.arguments], ['balance', { month: 'm100', customerId: 'k1', number: '+8613800001004' }]);
  });
  it('brings values that expressions can use', () => assert.deepEqual(looking().lookedUp({ balanceFen: '101' }), toAgent));
  it('that brings nonsense counts as no', () => assert.deepEqual(looking().lookedUp({ balanceFen: 'plenty' }), ['release dialplan_end']));
  it('that fails leads elsewhere', () => assert.deepEqual(looking().lookedUp(null), ['at other/echo', 'echo']));
  it('that is never answered is given up', () => {
    const caller = looking();
    assert.equal(caller.wakeAt, caller.now + 5000);
    caller.now += 5000;
    assert.deepEqual(caller.tell({ type: 'timePassed' }), ['at other/echo', 'echo']);
  });
});

describe('queue', () => {
  const queued = (more = ''): Caller => {
    const caller = inFlow(`- queue: { name: service, priority: 7, skills: [{ skill: english, level: 3 }], maxWaitSeconds: 30${more} }\n- goto: other`);
    caller.dial('100');
    return caller;
  };
  it('says which, how urgent, what is needed and how long', () => {
    const fact = queued().facts.find((event) => event.type === 'callQueued');
    assert.deepEqual(fact, {
      type: 'callQueued',
      callId: 'c1',
      queueId: 't:service',
      priority: 7,
      skills: [{ skill: 'english', level: 3 }],
      maxWaitMs: 30_000,
    });
  });
  it('says what is preferred, how much longer it counts as waiting, and where it came in, as reckoned then', () => {
    const step = (wait: string): string =>
      `- set: { region: 呼和浩特 }\n- queue: { name: service, virtualWaitSeconds: ${wait}, preferredSkills: [{ skill: mongolian, level: 3 }], place: '\${data["region"]}' }`;
    const asked = (wait: string) => {
      const caller = inFlow(step(wait));
      caller.dial('100', card({ tier: 'gold' }));
      const fact = caller.facts.find((event) => event.type === 'callQueued');
      return fact?.type === 'callQueued' ? { virtualWaitMs: fact.virtualWaitMs, preferred: fact.preferredSkills, place: fact.place } : null;
    };
    const beside = { preferred: [{ skill: 'mongolian', level: 3 }], place: '呼和浩特' };
    assert.deepEqual(asked(`'customer.tier == "gold" ? 120 : 0'`), { virtualWaitMs: 120_000, ...beside });
    assert.deepEqual(asked('5'), { virtualWaitMs: 5_000, ...beside });
    assert.deepEqual(asked(`'data["nothing"]'`), { virtualWaitMs: undefined, ...beside }, 'no value, no advantage');
    assert.throws(() => asked(`'customer.rank'`), /virtualWaitSeconds|rank/);
  });
  it('asks for one agent, where there is one to ask for', () => {
    const asked = (manager: string) => {
      const caller = inFlow(`- set: { manager: "${manager}" }\n- queue: { name: service, agent: '\${data["manager"]}', agentWaitSeconds: 20 }`);
      caller.dial('100');
      const fact = caller.facts.find((event) => event.type === 'callQueued');
      return fact?.type === 'callQueued' ? (fact.preferredAgent ?? null) : 'nothing';
    };
    assert.deepEqual(asked('8001'), { agentId: 't:8001', waitMs: 20_000 });
    assert.deepEqual([asked(''), asked('nobody at all')], [null, null]);
  });
  it('plays the queue’s own music while one waits', () => {
    const ivr = ivrWith(planOf(flow('- answer\n- queue: service')));
    ivr.decide({ type: 'queueConfigured', ...{ queue: { queueId: 't:service', music: 'jazz' } } }, 0);
    assert.equal(new CallerOf(ivr).dial('100').at(-1), 'play for ever music:jazz');
  });
  it('plays the step’s music where it names one, and silence where it says so', () => {
    assert.equal(queued(', music: default').commands.at(-1)?.type, 'playSounds');
    assert.equal(queued(', music: null').commands.at(-1)?.type, 'answerLeg');
  });
  it('is over with the flow when an agent answers', () => {
    const caller = queued();
    assert.deepEqual(caller.leftQueue('service', 'answered'), []);
    assert.equal(caller.state, 'served');
  });
  for (const exit of ['timeout', 'full', 'no_agents', 'closed'] as const) {
    it(`gives the caller back on ${exit}`, () => assert.deepEqual(queued().leftQueue('service', exit), ['at other/echo', 'echo']));
  }
  it('leads each exit where it says', () => {
    const more = ', timeout: agent, noAgents: agent';
    assert.deepEqual(queued(more).leftQueue('service', 'timeout'), toAgent);
    assert.deepEqual(queued(more).leftQueue('service', 'no_agents'), toAgent);
    assert.deepEqual(queued(more).leftQueue('service', 'full'), ['at other/echo', 'echo']);
  });
  it('leads as full where nothing is said of dissuaded, as closed where nothing is said of an emergency, else where it says', () => {
    assert.deepEqual(queued(', full: agent').leftQueue('service', 'dissuaded'), toAgent);
    assert.deepEqual(queued(', full: agent, dissuaded: other').leftQueue('service', 'dissuaded'), ['at other/echo', 'echo']);
    assert.deepEqual(queued(', closed: agent').leftQueue('service', 'emergency'), toAgent);
    assert.deepEqual(queued(', closed: agent, emergency: other').leftQueue('service', 'emergency'), ['at other/echo', 'echo']);
  });
  it('insists, where its caller was told that it takes long', () => {
    const insists = (more: string) => queued(more).facts.find((event) => event.type === 'callQueued');
    assert.deepEqual(insists(', insist: true'), { ...insists(''), insists: true });
  });
  for (const exit of ['abandoned', 'ended'] as const) {
    it(`says nothing more when the caller is gone (${exit})`, () => assert.deepEqual(queued().leftQueue('service', exit), []));
  }
  it('of an agent’s transfer that gives up leads to a person again, not into silence', () => {
    const caller = queued();
    caller.leftQueue('service', 'answered');
    assert.deepEqual(caller.leftQueue('faults', 'no_agents'), toAgent);
  });
});

describe('transfer', () => {
  const transferring = (to: string): Caller => {
    const caller = inFlow(`- transfer: ${to}\n- goto: other`);
    caller.dial('100');
    return caller;
  };
  it('to a number rings there in a leg of its own', () => {
    const caller = transferring("{ number: '10010', timeoutSeconds: 15 }");
    const command = caller.commands.at(-1);
    assert.deepEqual(command, {
      type: 'dialLeg',
      callId: 'c1',
      legId: 'c1.2001',
      tenantId: 't',
      target: '10010',
      from: { number: '+8613900000000' },
      timeoutMs: 15_000,
      account: 'flow',
    });
    assert.deepEqual(caller.facts.at(-1), { type: 'callTransferred', callId: 'c1', legId: 'c1.2001', target: { kind: 'number', number: '10010' }, by: 'flow' });
  });
  it('that is answered ends the flow', () => {
    const caller = transferring("{ number: '10010' }");
    caller.answered(asId('c1.2001'));
    assert.equal(caller.state, 'served');
  });
  it('that is not answered lets the flow go on', () => {
    const caller = transferring("{ number: '10010' }");
    const words = caller.tell({ type: 'legEnded', callId: caller.callId, legId: asId('c1.2001'), ending: { cause: 'busy', by: 'far_end' } });
    assert.deepEqual(words, ['at other/echo', 'echo']);
  });
  it('to an agent is the acd’s to offer', () => {
    const caller = transferring("{ agent: '8001' }");
    const offer = { callId: caller.callId, queueId: null, offerId: asId<never>('o'), legId: asId<never>('c1.1'), agentId: asId<never>('t:8001') };
    assert.deepEqual(caller.tell({ type: 'offerEnded', ...offer, end: 'no_answer' }), ['at other/echo', 'echo']);
    const lucky = transferring("{ agent: '8001' }");
    lucky.tell({ type: 'offerEnded', ...offer, end: 'answered' });
    assert.equal(lucky.state, 'served');
  });
});

describe('hours', () => {
  const HOURS =
    "- hours:\n    spans: [{ days: [mon, tue, wed, thu, fri], from: '08:30', to: '18:00' }]\n    closedOn: ['2026-10-01']\n    openOn: ['2026-10-10']\n    closed: other\n- hangup";
  const rows: [string, string, boolean][] = [
    ['a Friday noon', '2026-11-20T12:00:00+08:00', true],
    ['the first minute', '2026-11-20T08:30:00+08:00', true],
    ['the minute before', '2026-11-20T08:29:59+08:00', false],
    ['the minute after the last', '2026-11-20T18:00:00+08:00', false],
    ['a Sunday', '2026-11-22T12:00:00+08:00', false],
    ['a holiday on a Thursday', '2026-10-01T12:00:00+08:00', false],
    ['a Saturday of work by decree', '2026-10-10T12:00:00+08:00', true],
    ['such a Saturday, at night', '2026-10-10T22:00:00+08:00', false],
    ['a Monday morning here that is a Sunday in Greenwich', '2026-11-23T07:59:00+08:00', false],
    ['a Friday evening in Greenwich time', '2026-11-20T09:59:00Z', true],
  ];
  for (const [when, at, open] of rows) {
    it(`are ${open ? 'open' : 'closed'} at ${when}`, () => {
      const caller = inFlow(HOURS);
      caller.now = Date.parse(at);
      assert.equal(caller.arrive('100').at(-1), open ? 'release dialplan_end' : 'answer');
    });
  }
});

describe('expressions', () => {
  const rows: [string, boolean][] = [
    ['customer.known', true],
    ['customer.age >= 65', true],
    ['"vision" in customer.specialNeeds', true],
    ['customer.tier in ["gold", "platinum"]', true],
    ['customer.openTickets > 0', true],
    ['callee == "100" && caller.endsWith("1004")', true],
    ['language == "zh" && authLevel == 1', true],
    ['time.hour == 12 && time.date == "2026-11-20" && time.weekday == 5', true],
    ['has(data.topic)', false],
    ['data.topic == "x"', false],
    ['int(values.amount) > 3', false],
  ];
  for (const [cel, truth] of rows) {
    it(`${cel} is ${truth}`, () => {
      const caller = inFlow(`- when: '${cel}'\n  then: other\n- hangup`);
      caller.now = Date.parse('2026-11-20T12:00:00+08:00');
      const customer = card({ age: 72, tier: 'gold', specialNeeds: ['vision'], openTickets: [{ ticketId: 't', title: '', status: '', openedAt: '' }] });
      assert.equal(caller.arrive('100', customer).at(-1), truth ? 'answer' : 'release dialplan_end');
    });
  }
  it('fill templates', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own ${…}
    const caller = inFlow("- set: { who: '${customer.name}/${customer.age}/${values.none}', n: 5 }\n- hangup");
    assert.deepEqual(caller.arrive('100', card({ name: 'Li', age: 30 }))[0], 'set who=Li/30/,n=5');
  });
});

describe('how a queue stands', () => {
  const standing = { waiting: 4, signedIn: 2, ready: 0 };
  const rows: [string, { p50Ms: number; p90Ms: number; calibrated: boolean } | null, boolean][] = [
    ['queues.service.p90Seconds > 60', { p50Ms: 30_000, p90Ms: 61_000, calibrated: true }, true],
    ['queues["service"].p50Seconds > 60', { p50Ms: 30_000, p90Ms: 61_000, calibrated: true }, false],
    ['queues["service"].calibrated', { p50Ms: 30_000, p90Ms: 61_000, calibrated: true }, true],
    ['queues["service"].waiting >= 4 && queues["service"].ready == 0', null, true],
    ['queues["service"].p50Seconds > 3600', null, true],
    ['queues["nowhere"].waiting >= 0', null, false],
  ];
  for (const [cel, estimate, truth] of rows)
    it(`${cel} is ${truth}`, () => {
      const ivr = createIvr((queueId) => (queueId === `${TENANT}:service` ? { ...standing, estimate } : null));
      const plan = planOf(flow(`- when: '${cel}'\n  then: other\n- hangup`));
      ivr.decide({ type: 'dialplanPublished', ...{ tenantId: plan.tenantId, version: plan.version, plan } }, 0);
      assert.equal(new CallerOf(ivr).arrive('100').at(-1), truth ? 'answer' : 'release dialplan_end');
    });
});

describe('a snapshot', () => {
  it('lets a fresh room lead new calls as the old one would', () => {
    const old = ivrWith(planOf(flow('- answer\n- queue: service')));
    old.decide({ type: 'queueConfigured', ...{ queue: { queueId: 't:service', music: 'jazz' } } }, 0);
    const fresh = createIvr();
    fresh.restore(JSON.parse(JSON.stringify(old.snapshot())));
    assert.deepEqual(new CallerOf(fresh).dial('100'), new CallerOf(old).dial('100'));
  });
});

const CARD = `
- collect: { prompt: ask, into: card, least: 13, most: 19, masked: true, errorPrompt: hello }
- deliver: { to: payment, secrets: [card], otherwise: [{ play: { prompt: hello, bargeIn: false } }] }
- say: { digits: values.last4 }
- hangup`;

describe('a masked question', () => {
  const secret = (caller: CallerOf, count: number, more: object = {}): string[] => {
    const { callId, legId, playId } = caller;
    const told = { type: 'secretCollected' as const, callId, legId, playId, name: 'card', count, valid: count >= 13, end: 'complete' as const, alone: null };
    return caller.tell({ ...told, ...more });
  };
  const at = (): CallerOf => {
    const caller = inFlow(CARD);
    caller.dial('100');
    return caller;
  };

  it('asks in secret, keeps stars, has it delivered, and goes on with the answer', () => {
    const caller = at();
    assert.ok(caller.commands.some((command) => command.type === 'collectDigits' && command.secret === 'card'));
    secret(caller, 16);
    assert.ok(caller.facts.some((fact) => fact.type === 'dataSet' && fact.data.card === '****************'));
    const { callId, playId } = caller;
    assert.deepEqual(caller.commands.at(-1), {
      ...{ type: 'deliverSecrets', callId, tenantId: asId('t'), deliveryId: playId, by: null, form: 'payment', names: ['card'] },
    });
    const answered = caller.tell({
      type: 'secretsDelivered',
      ...{ callId, deliveryId: playId, by: null, form: 'payment', names: ['card'], ok: true, values: { last4: '48' } },
    });
    assert.match(answered.join(), /play/);
  });

  it('asks again for too few keys; one key alone leads where it leads in the house; refused, it goes elsewhere', () => {
    const caller = at();
    secret(caller, 5);
    assert.equal(caller.state, 'asking');
    assert.match(secret(caller, 1, { alone: '0' }).join(), /queued t:agent/);
    const refused = at();
    secret(refused, 16);
    const { callId, playId } = refused;
    refused.tell({ type: 'secretsDelivered', ...{ callId, deliveryId: playId, by: null, form: 'payment', names: ['card'], ok: false, values: {} } });
    assert.equal(refused.state, 'playing');
  });
});

describe('whatever happens', () => {
  it('one walk that breaks ends its own call alone', () => {
    const ivr = ivrWith(planOf(flow('- play: { prompt: hello, bargeIn: false }\n- hangup')));
    const [broken, sound] = [new CallerOf(ivr, 'c1'), new CallerOf(ivr, 'c2')];
    broken.dial('100');
    sound.dial('100');
    const { callId, legId, playId } = broken;
    // A fault of ours cannot be planned; a fact that breaks its promise stands in for one.
    const poison = {
      get end(): never {
        throw new Error('broken');
      },
      type: 'digitsCollected',
      callId,
      legId,
      playId,
      digits: '1',
    } as const;
    broken.tell(poison);
    assert.deepEqual(sound.heard(), ['release dialplan_end']);
  });

  it('nothing is said to a caller who hung up, in any step', () => {
    for (const steps of ['- play: hello', '- queue: service', '- lookup: balance', COLLECT, SECRET, '- echo', "- transfer: { number: '10010' }"]) {
      const caller = inFlow(steps);
      caller.dial('100', card());
      assert.deepEqual(caller.hangUp(), []);
      assert.deepEqual(
        [...caller.heard(), ...caller.keys('1'), ...caller.lookedUp({}), ...caller.authenticated('ok'), ...caller.leftQueue('service', 'timeout')],
        [],
      );
      assert.equal(caller.state, undefined);
    }
  });
});

describe('a caller whom an agent sends back into the dialplan', () => {
  const text = flow('- queue: service', '  balance:\n    - play: item-a\n    - hangup').replace(
    'languages:',
    'fromDesk: { balance: { zh: 余额, en: Balance } }\nlanguages:',
  );
  const sent = (caller: Caller, name = 'balance') =>
    caller.tell({ type: 'callTransferred', callId: caller.callId, legId: null, target: { kind: 'dialplan', flow: name }, by: legIdOf(caller.callId, 1) });

  it('is led through the flow it names, with what the call knows by then', () => {
    const caller = callerIn(text);
    caller.dial('100');
    caller.tell({ type: 'callLeftQueue', callId: caller.callId, queueId: asId('t:service'), exit: 'answered' });
    assert.equal(caller.state, 'served');
    caller.tell({ type: 'languageChosen', callId: caller.callId, language: 'en' });
    assert.deepEqual(sent(caller), ['play en:item-a']);
    assert.deepEqual(caller.heard(), ['release dialplan_end']);
  });

  it('goes to a person where the version it began with has no such flow; desks are told which flows there are', () => {
    const caller = callerIn(text);
    caller.dial('100');
    caller.tell({ type: 'callLeftQueue', callId: caller.callId, queueId: asId('t:service'), exit: 'answered' });
    assert.deepEqual(sent(caller, 'gone'), toAgent);
    assert.deepEqual(caller.ivr.fromDesk(TENANT, caller.callId), { balance: { zh: '余额', en: 'Balance' } });
    assert.deepEqual(caller.ivr.fromDesk(TENANT, null), { balance: { zh: '余额', en: 'Balance' } });
    assert.deepEqual(caller.ivr.fromDesk(TENANT, asId('nobody')), {});
  });

  it('may be one whom we have called: led from there on, and by a queue that gives up to a person', () => {
    const caller = callerIn(text);
    const { callId, legId } = caller;
    const party = { number: '+8613800001001', raw: '' };
    const outbound = { by: asId<AgentId>('t:1'), target: { kind: 'number', number: party.number }, queueId: null } as const;
    const arrived = { type: 'callArrived', callId, legId, tenantId: TENANT, caller: party, callee: party, trunk: '', sipCallId: '', outbound } as const;
    assert.deepEqual(caller.tell(arrived), []);
    assert.deepEqual(caller.tell({ type: 'customerFound', callId, customer: card({ language: 'en' }), authLevel: 1 }), []);
    assert.deepEqual(caller.answered(), []);
    caller.tell({ type: 'callQueued', callId, queueId: asId('t:service'), priority: 0, skills: [], maxWaitMs: null });
    assert.deepEqual(caller.tell({ type: 'callLeftQueue', callId, queueId: asId('t:service'), exit: 'closed' }), toAgent);
    caller.tell({ type: 'callLeftQueue', callId, queueId: asId('t:agent'), exit: 'answered' });
    assert.deepEqual(sent(caller), ['play en:item-a']);
  });

  it('has to be a flow that is there', () => {
    assert.throws(() => planOf(flow('- hangup').replace('languages:', 'fromDesk: { nowhere: { zh: 无, en: No } }\nlanguages:')), /there is no flow "nowhere"/);
  });
});
