import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialsOf } from '../../src/api/pinyin.ts';

test('a Chinese name has the initials of its pinyin; other letters have none', () => {
  const names = {
    王丽: 'wl',
    李强: 'lq',
    张敏: 'zm',
    刘洋: 'ly',
    陈静: 'cj',
    欧阳娜: 'oyn',
    赵磊: 'zl',
    安然: 'ar',
    孙悦: 'sy',
    夏天: 'xt',
    冯雪: 'fx',
    马可: 'mk',
    高峰: 'gf',
  };
  for (const [name, initials] of Object.entries(names)) assert.equal(initialsOf(name), initials, name);
  assert.equal(initialsOf('Anna'), '');
});
