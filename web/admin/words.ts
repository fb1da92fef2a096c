/** The words of this console, which nobody else loads. */
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import en from './words/en.json' with { type: 'json' };
import zh from './words/zh.json' with { type: 'json' };

i18next.addResourceBundle('zh', 'admin', zh);
i18next.addResourceBundle('en', 'admin', en);

/** Called `w`: the shared words are `t`. */
export const useWords = () => useTranslation('admin').t;
export type Words = ReturnType<typeof useWords>;
