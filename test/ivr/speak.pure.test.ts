import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Language } from '../../src/call/event.ts';
import { fragments, type SpokenKind, speak } from '../../src/ivr/speak.ts';

/** Fragment names as the characters they stand for, so that the tables read as they are spoken. */
const characters: Record<string, string> = {
  'digit-0': '零',
  'digit-1': '一',
  'digit-2': '二',
  'digit-3': '三',
  'digit-4': '四',
  'digit-5': '五',
  'digit-6': '六',
  'digit-7': '七',
  'digit-8': '八',
  'digit-9': '九',
  yao: '幺',
  liang: '两',
  ten: '十',
  hundred: '百',
  thousand: '千',
  'ten-thousand': '万',
  'hundred-million': '亿',
  point: '点',
  minus: '负',
  yuan: '元',
  jiao: '角',
  fen: '分',
  year: '年',
  month: '月',
  day: '日',
};
const inHanzi = (names: string[] | null): string | null => names?.map((name) => characters[name] ?? `<${name}>`).join('') ?? null;
const inEnglish = (names: string[] | null): string | null =>
  names
    ?.map((name) => name.replace(/^(digit|number|month|ordinal)-/, (_, kind: string) => (kind === 'month' ? 'm' : kind === 'ordinal' ? 'o' : '')))
    .join(' ') ?? null;

const mandarin: Record<SpokenKind, Record<string, string | null>> = {
  number: {
    '0': '零',
    '2': '二',
    '10': '十',
    '11': '十一',
    '12': '十二',
    '20': '二十',
    '22': '二十二',
    '100': '一百',
    '101': '一百零一',
    '110': '一百一十',
    '112': '一百一十二',
    '200': '二百',
    '222': '二百二十二',
    '1000': '一千',
    '1001': '一千零一',
    '1010': '一千零一十',
    '1100': '一千一百',
    '2000': '两千',
    '2222': '两千二百二十二',
    '10000': '一万',
    '10001': '一万零一',
    '10012': '一万零一十二',
    '10100': '一万零一百',
    '12000': '一万两千',
    '20000': '两万',
    '22222': '两万两千二百二十二',
    '100000': '十万',
    '120000': '十二万',
    '1001000': '一百万一千',
    '1000001': '一百万零一',
    '10000000': '一千万',
    '20000000': '两千万',
    '100000000': '一亿',
    '200000000': '两亿',
    '100000005': '一亿零五',
    '100020000': '一亿零二万',
    '102000000': '一亿零二百万',
    '123456789': '一亿两千三百四十五万六千七百八十九',
    '0.5': '零点五',
    '3.14': '三点一四',
    '12.50': '十二点五',
    '2.2': '二点二',
    '-5': '负五',
    '007': '七',
    '1000000000000': '一零零零零零零零零零零零零',
    '': null,
    abc: null,
    '1,000': null,
    '1e5': null,
    '.5': null,
  },
  digits: { '0': '零', '258369': '二五八三六九', '1122': '一一二二', '': null, '12a': null, '-1': null },
  money: {
    '0': '零元',
    '1': '一分',
    '10': '一角',
    '25': '二角五分',
    '100': '一元',
    '200': '两元',
    '205': '两元零五分',
    '250': '两元五角',
    '255': '两元五角五分',
    '1000': '十元',
    '1200': '十二元',
    '2000': '二十元',
    '3041': '三十元四角一分',
    '5320': '五十三元二角',
    '12850': '一百二十八元五角',
    '20000': '二百元',
    '200000': '两千元',
    '20000000': '二十万元',
    '-300': '负三元',
    '-5': '负五分',
    '-0': '零元',
    '1.5': null,
    '': null,
    abc: null,
  },
  date: {
    '2026-05-17': '二零二六年五月十七日',
    '2026-12-31': '二零二六年十二月三十一日',
    '2002-10-10': '二零零二年十月十日',
    '2026-05-17T09:12:00+08:00': '二零二六年五月十七日',
    '2026-13-01': null,
    '2026-00-10': null,
    '2026-01-32': null,
    yesterday: null,
  },
  phone: {
    '10086': '幺零零八六',
    '13800001001': '幺三八零零零零幺零零幺',
    '+8613800001001': '幺三八零零零零幺零零幺',
    '010-12345678': '零幺零幺二三四五六七八',
    abc: null,
    '': null,
  },
};

const english: Record<SpokenKind, Record<string, string | null>> = {
  number: {
    '0': '0',
    '7': '7',
    '10': '10',
    '13': '13',
    '20': '20',
    '21': '20 1',
    '100': '1 hundred',
    '101': '1 hundred and 1',
    '115': '1 hundred and 15',
    '999': '9 hundred and 90 9',
    '1000': '1 thousand',
    '1005': '1 thousand and 5',
    '1200': '1 thousand 2 hundred',
    '12345': '12 thousand 3 hundred and 40 5',
    '1000000': '1 million',
    '2000001': '2 million and 1',
    '1000000000': '1 billion',
    '2.5': '2 point 5',
    '-3': 'minus 3',
    abc: null,
  },
  digits: { '10086': '1 0 0 8 6', x: null },
  money: {
    '0': '0 yuan',
    '100': '1 yuan',
    '5': '5 fen',
    '3041': '30 yuan and 40 1 fen',
    '12850': '1 hundred and 20 8 yuan and 50 fen',
    '-150': 'minus 1 yuan and 50 fen',
    x: null,
  },
  date: {
    '2026-05-17': 'm5 o17 20 20 6',
    '2005-01-01': 'm1 o1 2 thousand and 5',
    '2000-02-03': 'm2 o3 2 thousand',
    '1998-11-30': 'm11 o30 19 90 8',
    '1906-01-02': 'm1 o2 19 0 6',
    '1900-01-02': 'm1 o2 19 hundred',
    soon: null,
  },
  phone: { '13800001001': '1 3 8 0 0 0 0 1 0 0 1', '+44 20': '4 4 2 0', x: null },
};

const kinds = Object.keys(mandarin) as SpokenKind[];

describe('values spoken from fragments', () => {
  for (const kind of kinds) {
    for (const [value, spoken] of Object.entries(mandarin[kind])) {
      it(`Mandarin says ${kind} "${value}" as ${spoken ?? 'nothing'}`, () => assert.equal(inHanzi(speak(kind, value, 'zh')), spoken));
    }
    for (const [value, spoken] of Object.entries(english[kind])) {
      it(`English says ${kind} "${value}" as ${spoken ?? 'nothing'}`, () => assert.equal(inEnglish(speak(kind, value, 'en')), spoken));
    }
  }

  it('uses no fragment that is not asked to be recorded, whatever the value', () => {
    for (const language of ['zh', 'en'] as Language[]) {
      for (const kind of kinds) {
        const asked = new Set(fragments[language][kind]);
        for (const value of samples(kind)) {
          for (const name of speak(kind, value, language) ?? []) assert.ok(asked.has(name), `${language} ${kind} ${value} uses ${name}`);
        }
      }
    }
  });

  it('asks for no fragment that it never uses', () => {
    for (const language of ['zh', 'en'] as Language[]) {
      for (const kind of kinds) {
        const used = new Set(samples(kind).flatMap((value) => speak(kind, value, language) ?? []));
        assert.deepEqual(
          fragments[language][kind].filter((name) => !used.has(name)),
          [],
          `${language} ${kind}`,
        );
      }
    }
  });
});

function samples(kind: SpokenKind): string[] {
  if (kind === 'date') {
    const days = Array.from({ length: 31 }, (_, at) => String(at + 1).padStart(2, '0'));
    const years = ['0200', '1000', '1906', '1998', '2000', '2009', '2013', '2026', '2099'];
    const every = Array.from({ length: 400 }, (_, at) => `${1900 + at}-01-01`);
    return [...years, '-5'].flatMap((year) => days.map((day, at) => `${year}-${String((at % 12) + 1).padStart(2, '0')}-${day}`)).concat(every);
  }
  const numbers = Array.from({ length: 3000 }, (_, at) => String(at)).concat(['1000000', '22000000', '100000000', '1234567890', '999999999999', '-7']);
  return kind === 'number' ? [...numbers, '1.5', '-2.75'] : numbers;
}
