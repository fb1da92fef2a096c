/** The initials of a Chinese name as they are typed: 王丽 is found by `wl`. By the order of pinyin, which every ICU knows; no table of our own. */

/** The first character of each initial in that order; no word begins with i, u or v. */
const firsts: readonly (readonly [string, string])[] = [
  ...([
    ['a', '阿'],
    ['b', '八'],
    ['c', '嚓'],
    ['d', '哒'],
    ['e', '妸'],
    ['f', '发'],
    ['g', '旮'],
    ['h', '哈'],
  ] as const),
  ...([
    ['j', '讥'],
    ['k', '咔'],
    ['l', '垃'],
    ['m', '妈'],
    ['n', '拿'],
    ['o', '噢'],
    ['p', '妑'],
    ['q', '七'],
  ] as const),
  ...([
    ['r', '然'],
    ['s', '仨'],
    ['t', '他'],
    ['w', '挖'],
    ['x', '昔'],
    ['y', '压'],
    ['z', '匝'],
  ] as const),
];
const byPinyin = new Intl.Collator('zh-u-co-pinyin');

/** '' for what is not written in Chinese. */
export function initialsOf(name: string): string {
  return [...name]
    .map((letter) => (/\p{Script=Han}/u.test(letter) ? (firsts.findLast(([, first]) => byPinyin.compare(letter, first) >= 0)?.[0] ?? '') : ''))
    .join('');
}
