/** The words of reports, which nobody else loads. */
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import en from './words/en.json' with { type: 'json' };
import zh from './words/zh.json' with { type: 'json' };

i18next.addResourceBundle('zh', 'reports', zh);
i18next.addResourceBundle('en', 'reports', en);

/** Called `w`: the shared words are `t`. */
export const useWords = () => useTranslation('reports').t;
export type Words = ReturnType<typeof useWords>;

/** Of a name that the server sends: ours where we have one, else as it came. */
export function named(w: Words, table: 'measure' | 'sum' | 'sumWhy' | 'way' | 'reportChannel', name: string): string {
  const key = `${table}.${name}`;
  return i18next.exists(key, { ns: 'reports' }) ? (w as (key: string) => string)(key) : name;
}
